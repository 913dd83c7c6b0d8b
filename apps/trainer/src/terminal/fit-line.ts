/** Cells of a bar, at most and at least; below that there is none. */
const BAR = { most: 24, least: 6 };

/**
 * A line of progress that fits a terminal: label, bar, percentage, and as many notes as there is room for, the first ones
 * first. The bar shrinks for them, and goes before the percentage does.
 */
export function fitLine({
  label,
  share,
  notes,
  columns,
}: {
  readonly label: string;
  /** 0 to 1. */
  readonly share: number;
  readonly notes: readonly string[];
  readonly columns: number;
}): string {
  const room = columns - 1; // a full row makes some terminals go to the next one
  const percentage = `${Math.floor(share * 100)}%`;
  const plain = `${label} ${percentage}`;
  if (plain.length > room) return percentage.slice(0, Math.max(0, room));
  const shown: string[] = [];
  let length = plain.length;
  for (const note of notes) {
    if (length + 2 + note.length > room) break;
    shown.push(note);
    length += 2 + note.length;
  }
  const cells = Math.min(BAR.most, room - length - 3);
  const bar = cells < BAR.least ? '' : `[${'█'.repeat(Math.round(cells * share)).padEnd(cells, '░')}] `;
  return [`${label} ${bar}${percentage}`, ...shown].join('  ');
}
