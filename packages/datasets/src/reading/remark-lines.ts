import type { DataRemark } from '../case.ts';

/**
 * Remarks as lines, one per text: with the file where there is one, else with the first file and how many there are.
 *
 * @example remarkLines([{ file: 'a.png', text: 'turned' }, { file: 'b.png', text: 'turned' }]) // ['turned: a.png and 1 more']
 */
export function remarkLines(remarks: readonly DataRemark[]): string[] {
  const byText = new Map<string, Set<string>>();
  for (const { file, text } of remarks) {
    const files = byText.get(text);
    if (files) files.add(file);
    else byText.set(text, new Set([file]));
  }
  return [...byText].map(([text, files]) => {
    const [first] = files;
    return files.size === 1 ? `${first}: ${text}` : `${text}: ${first} and ${files.size - 1} more`;
  });
}
