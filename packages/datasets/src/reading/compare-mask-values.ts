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
 * that differ from more than half of the others, or all of them. 1 and 255 are taken for the same. So are files a problem
 * whose background has the colour of foreground in others, and the other way round, as palettes of opposite order have.
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
  if (!usual) return { problems: [], remarks: [] };
  const swapped = swappedColours(drawn);
  if (swapped.length > 0 || kinds.size === 1) return { problems: swapped, remarks: [] };
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

/** Files in which background and foreground have each other's colour: those that differ from most, or all of both kinds. */
function swappedColours(found: readonly FoundValues[]): DataProblem[] {
  const byPair = new Map<string, FoundValues[]>();
  for (const each of found) {
    if (!each.colours) continue;
    const pair = `${plainColour(each.colours.foreground)} on ${plainColour(each.colours.background)}`;
    byPair.set(pair, [...(byPair.get(pair) ?? []), each]);
  }
  return [...byPair].flatMap(([pair, files]) => {
    const other = pair.split(' on ').reverse().join(' on ');
    const others = byPair.get(other) ?? [];
    if (others.length < files.length || others.length === 0) return [];
    const rule = `masks without classes must have one colour of foreground, got ${pair} as in ${basename(files[0]!.file)} and ${other} as in ${basename(others[0]!.file)}; name the colour of the foreground as a class, such as foreground=255`;
    return files.map(({ file }) => ({ file, rule }));
  });
}

/** A colour by name, where programs write it in several ways. */
function plainColour(colour: string): string {
  if (colour === '0') return 'black';
  return whites.has(colour) ? 'white' : colour;
}

/** The colours of a mask's labels, for files with a palette, and its file. */
export interface FoundPalette {
  file: string;
  /** The colour of each index in use. */
  colours: ReadonlyMap<number, string>;
}

/**
 * Compares the palettes of masks of classes: a colour that stands for one label in most files and for another in some
 * says that the palettes have another order there, and the indices are no labels. Such files are problems; all are where
 * no index is that of most.
 */
export function comparePalettes(found: readonly FoundPalette[]): DataProblem[] {
  const counts = new Map<string, Map<number, number>>();
  for (const { colours } of found)
    for (const [index, colour] of colours) {
      const ofColour = counts.get(colour) ?? new Map<number, number>();
      counts.set(colour, ofColour.set(index, (ofColour.get(index) ?? 0) + 1));
    }
  return found.flatMap(({ file, colours }): DataProblem[] => {
    for (const [index, colour] of colours) {
      const all = [...counts.get(colour)!].sort((a, b) => b[1] - a[1]);
      const own = counts.get(colour)!.get(index)!;
      const [most] = all.filter(([other]) => other !== index);
      if (!most || most[1] < own) continue;
      const rule = `a palette must have the same colours at the same indices in every file, got ${colour} at ${index}, in others at ${most[0]}: its indices are no labels`;
      return [{ file, rule }];
    }
    return [];
  });
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
