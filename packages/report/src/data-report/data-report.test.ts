import { expect, it } from 'vitest';
import { renderDataReport } from './data-report.ts';
import { formatShare } from './format-share.ts';

const balance = {
  cases: 4,
  patients: 3,
  classes: [
    { name: 'left <b>', share: 0.2, cases: 4, patients: 3 },
    { name: 'right', share: 0.05, cases: 2, patients: 1 },
  ],
};

it('shows the classes with bars of their shares, and escapes what files are called', () => {
  const page = renderDataReport({
    title: 'mine',
    lines: [['cases', '4']],
    balance,
    problems: [],
    tiles: [{ uri: 'data:,', id: 'a&b', patient: 'a' }],
  });
  expect(page).toContain('<th scope="row" class="quiet">cases</th><td>4</td>');
  expect(page).toContain('left &lt;b&gt;</th><td class="number">4 of 4</td><td class="number">3 of 3</td>');
  expect([...page.matchAll(/width:(\d+)px"><\/span>/g)].map(([, width]) => Number(width))).toEqual([220, 55]);
  expect(page).toContain('<figcaption>a&amp;b<br><span class="quiet">a</span></figcaption>');
  expect(page).toContain('None found: every file was opened.');
});

it('lists 200 problems and counts the others', () => {
  const problems = Array.from({ length: 203 }, (_, i) => ({ file: `${i}.png`, rule: 'an image must be one' }));
  const page = renderDataReport({ title: 'none', lines: [], balance: undefined, problems, tiles: [] });
  expect(page.match(/an image must be one/g)).toHaveLength(200);
  expect(page).toContain('and 3 more');
  expect(page).not.toContain('Some of its cases');
});

it('writes shares as percentages', () => {
  expect([0, 0.0004, 0.001, 0.1234, 1].map(formatShare)).toEqual(['0.0 %', '0.04 %', '0.1 %', '12.3 %', '100.0 %']);
});
