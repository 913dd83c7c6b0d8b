import { requireList } from '@medseg/arguments';
import type { DataRemark } from '../case.ts';

/**
 * Remarks as lines, one per text: with the file where there is one, else with the first file and how many there are.
 *
 * @example remarkLines([{ file: 'a.png', text: 'turned' }, { file: 'b.png', text: 'turned' }]) // ['turned: a.png and 1 more']
 */
export function remarkLines(remarks: readonly DataRemark[]): string[] {
  requireList('remarkLines: remarks', remarks);
  const byText = new Map<string, Map<string, string>>();
  for (const { file, text, detail } of remarks) {
    const files = byText.get(text) ?? new Map<string, string>();
    byText.set(text, files);
    if (!files.has(file)) files.set(file, detail === undefined ? '' : ` (${detail})`);
  }
  return [...byText].map(([text, files]) => {
    const [first, detail] = [...files][0]!;
    return files.size === 1 ? `${first}: ${text}${detail}` : `${text}: ${first}${detail} and ${files.size - 1} more`;
  });
}
