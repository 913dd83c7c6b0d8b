import { expect, it } from 'vitest';
import { renderStudyReport } from './study-report.ts';

it('shows notes, tables, plots and the configuration, as text', () => {
  const page = renderStudyReport({
    title: 'a < b',
    notes: ['Two <settings>.'],
    tables: [{ heading: 'Scores', note: 'per image', head: ['setting', 'Dice'], rows: [['<1>', '0.800 ± 0.010']] }],
    plots: ['<svg id="plot"/>'],
    config: { key: '<value>' },
    footer: 'made here',
  });
  expect(page).toContain('<h1>a &lt; b</h1>');
  expect(page).toContain('Two &lt;settings&gt;.');
  expect(page).toContain('<th scope="row">&lt;1&gt;</th><td class="number">0.800 ± 0.010</td>');
  expect(page).toContain('<figure><svg id="plot"/></figure>');
  expect(page).toContain('&quot;key&quot;: &quot;&lt;value&gt;&quot;');
  expect(page).toContain('made here');
});
