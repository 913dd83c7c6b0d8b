import { basename } from 'node:path';
import type { DataProblem, DataRemark } from '../case.ts';
import type { MaskValues } from './binary-bits.ts';
import { listed } from './mask-values.ts';

/** The values of a mask without classes, and its file. */
export interface FoundValues extends MaskValues {
  file: string;
}

/** What programs write for "foreground" when they mean nothing else by it. */
const whites = new Set(['1', '255', '65535']);

/**
 * Compares the values of the masks of a data set without classes: 0 and 1 in one file, 0 and 2 in another are most
 * likely two classes, and what is foreground in one is background in the other of 1 and 2. Such files are problems: those
 * that differ from more than half of the others, or all of them. 1 and 255 are taken for the same.
 */
export function compareMaskValues(found: readonly FoundValues[]): { problems: DataProblem[]; remarks: DataRemark[] } {
  const drawn = found.filter(({ foreground }) => foreground !== undefined);
  const kinds = new Map<string, FoundValues[]>();
  for (const each of drawn) {
    const alike = kinds.get(textOf(each));
    if (alike) alike.push(each);
    else kinds.set(textOf(each), [each]);
  }
  const [most = []] = [...kinds.values()].sort((a, b) => b.length - a.length);
  const usual = most[0];
  if (!usual || kinds.size === 1) return { problems: [], remarks: [] };
  const other = drawn.filter((each) => !agree(each, usual));
  if (other.length === 0) {
    const remarks = drawn
      .filter(({ foreground }) => foreground !== usual.foreground)
      .map(({ file }) => ({
        file,
        text: `its foreground has another value than that of most masks, ${usual.foreground}: 1, 255 and 65535 are all read as foreground`,
      }));
    return { problems: [], remarks };
  }
  const rule = 'masks without classes must have the same two values in every file';
  const way = 'name the values as classes, or give a threshold where they mean the same (maskThreshold)';
  if (most.length * 2 > drawn.length) {
    const problems = other.map((each) => ({
      file: each.file,
      rule: `${rule}, got ${textOf(each)} where most have ${textOf(usual)}; ${way}`,
    }));
    return { problems, remarks: [] };
  }
  const shown = [...kinds].map(([text, [first]]) => `${text} (${basename(first!.file)})`);
  return { problems: drawn.map(({ file }) => ({ file, rule: `${rule}, got ${listed(shown)}; ${way}` })), remarks: [] };
}

function textOf({ background, foreground }: MaskValues): string {
  return background === undefined ? `only ${foreground}` : `${background} and ${foreground}`;
}

/** Whether the values of two masks may mean the same. */
function agree(a: MaskValues, b: MaskValues): boolean {
  const isSame = a.foreground === b.foreground || (whites.has(a.foreground!) && whites.has(b.foreground!));
  const isBackground = a.background === undefined || b.background === undefined || a.background === b.background;
  return isSame && isBackground && a.foreground !== b.background && a.background !== b.foreground;
}
