import { type CaseResult, meanOf } from './evaluate-cases.ts';

/** The rows that every table of results shows: ours and the two baselines. */
export function summaryRows(results: readonly CaseResult[]): { method: string; dice: number; iou: number }[] {
  const mean = meanOf(results);
  return [
    { method: 'diffusion ensemble', dice: mean.dice, iou: mean.iou },
    { method: 'anchor head alone', ...mean.anchor },
    { method: 'Otsu threshold', ...mean.otsu },
  ];
}

/** The summary as aligned text. */
export function summaryText(results: readonly CaseResult[]): string {
  const lines = summaryRows(results).map(
    ({ method, dice, iou }) => `  ${method.padEnd(20)} ${dice.toFixed(3).padStart(6)} ${iou.toFixed(3).padStart(6)}`,
  );
  return [`  ${'mean per image'.padEnd(20)} ${'Dice'.padStart(6)} ${'IoU'.padStart(6)}`, ...lines].join('\n');
}

/** One line an image, aligned. */
export function perImageText(results: readonly CaseResult[]): string {
  const width = Math.max(5, ...results.map(({ id }) => id.length));
  const head = `  ${'image'.padEnd(width)}   Dice    IoU   anchor   Otsu`;
  const lines = results.map(
    (r) =>
      `  ${r.id.padEnd(width)}  ${r.dice.toFixed(3)}  ${r.iou.toFixed(3)}    ${r.anchor.dice.toFixed(3)}  ${r.otsu.dice.toFixed(3)}`,
  );
  return [head, ...lines].join('\n');
}
