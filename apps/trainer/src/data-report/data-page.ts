import type { DataProblem, DataSummary } from '@medseg/datasets';
import { escapeHtml } from '../report/escape-html.ts';
import { STYLE } from '../report/style.ts';
import { percent } from './summary-lines.ts';
import { CLASS_COLOURS } from './tile.ts';

export interface DataPageContent {
  title: string;
  lines: readonly (readonly [string, string])[];
  summary: DataSummary | undefined;
  problems: readonly DataProblem[];
  /** Of the contact sheet: a picture as a data URI, whose it is and of which patient. */
  tiles: readonly { uri: string; id: string; patient: string }[];
}

/** So many problems are listed; a data set of another layout has one for each file. */
const SHOWN_PROBLEMS = 200;

/** What is in a data set as one HTML page that needs nothing else. */
export function dataPage({ title, lines, summary, problems, tiles }: DataPageContent): string {
  const more =
    problems.length > SHOWN_PROBLEMS ? `<p class="quiet">and ${problems.length - SHOWN_PROBLEMS} more</p>` : '';
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${STYLE}
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)); gap: 14px 10px; }
.tiles img { max-width: 100%; margin: 0 auto; } .tiles figcaption { overflow-wrap: anywhere; font-size: 12px; line-height: 1.3; }
.bar { display: inline-block; height: 10px; border-radius: 3px; vertical-align: middle; } .key { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 7px; }
</style></head>
<body>
<h1>${escapeHtml(title)}</h1>
<section><h2>What it holds</h2>
<table><tbody>${lines.map(([name, text]) => `<tr><td class="quiet">${escapeHtml(name)}</td><td>${escapeHtml(text)}</td></tr>`).join('')}</tbody></table></section>
${summary ? classSection(summary) : ''}
<section><h2>Problems</h2>
${
  problems.length === 0
    ? '<p class="quiet">None found: every file was opened.</p>'
    : `<table class="small"><tbody>${problems
        .slice(0, SHOWN_PROBLEMS)
        .map(({ file, rule }) => `<tr><td>${escapeHtml(file)}</td><td>${escapeHtml(rule)}</td></tr>`)
        .join('')}</tbody></table>${more}`
}</section>
${
  tiles.length > 0
    ? `<section><h2>Some of its cases</h2>
<div class="tiles">${tiles.map(figure).join('')}</div></section>`
    : ''
}
</body></html>
`;
}

function classSection({ classes, cases, patients }: DataSummary): string {
  const most = Math.max(...classes.map(({ share }) => share), 1e-12);
  const rows = classes.map(({ name, share, ...having }, k) => {
    const colour = `rgb(${CLASS_COLOURS[k % CLASS_COLOURS.length]!.join(' ')})`;
    return `<tr><td><span class="key" style="background:${colour}"></span>${escapeHtml(name)}</td><td class="number">${having.cases} of ${cases}</td><td class="number">${having.patients} of ${patients}</td><td class="number">${percent(share)}</td><td><span class="bar" style="background:${colour};width:${Math.max(1, Math.round((220 * share) / most))}px"></span></td></tr>`;
  });
  return `<section><h2>Classes</h2>
<table><thead><tr><th>class</th><th class="number">cases</th><th class="number">patients</th><th class="number">share of pixels</th><th></th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function figure({ uri, id, patient }: DataPageContent['tiles'][number]): string {
  const whose = patient === id ? '' : `<br><span class="quiet">${escapeHtml(patient)}</span>`;
  return `<figure><img src="${uri}" alt="${escapeHtml(id)}"><figcaption>${escapeHtml(id)}${whose}</figcaption></figure>`;
}
