const NOTES: Readonly<Record<string, string>> = {
  test: 'Test patients were used neither to train the weights nor to choose them.',
  validation:
    'No weight was trained on validation patients, but the weights that were kept are those with the best Dice on them, so scores on them tend to be too good; test patients show what to expect of others.',
};

/**
 * What a part of a run's patients was used for in training, in a sentence or two; empty where a run does not know.
 *
 * @example splitNote('test') // Test patients were used neither to train the weights nor to choose them.
 */
export function splitNote(split: string): string {
  return NOTES[split] ?? '';
}
