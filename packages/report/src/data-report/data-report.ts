import { escapeHtml } from '../escape-html.ts';
import { htmlPage } from '../html-page.ts';
import { classColour, cssColour } from '../palette.ts';
import { formatShare } from './format-share.ts';

/** How a data set's classes are spread over its cases and patients. */
export interface ClassBalance {
  readonly cases: number;
  readonly patients: number;
  readonly classes: readonly {
    readonly name: string;
    /** Share of the pixels, 0 to 1. */
    readonly share: number;
    /** Cases and patients that have the class. */
    readonly cases: number;
    readonly patients: number;
  }[];
}

/** What the page of a data set shows. */
export interface DataReport {
  readonly title: string;
  /** What it holds, as names and texts. */
  readonly lines: readonly (readonly [name: string, text: string])[];
  readonly balance: ClassBalance | undefined;
  /** Files that cannot be used, and the rule that each breaks. */
  readonly problems: readonly { readonly file: string; readonly rule: string }[];
  /** Some of its cases: pictures as data URIs, with the ids of case and patient. */
  readonly tiles: readonly { readonly uri: string; readonly id: string; readonly patient: string }[];
}

/** Problems that are listed; a data set of another layout has one for each file. */
const SHOWN_PROBLEMS = 200;

const TILES_STYLE = `
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)); gap: 14px 10px; }
.tiles img { max-width: 100%; margin: 0 auto; } .tiles figcaption { overflow-wrap: anywhere; font-size: 12px; line-height: 1.3; }
.bar { display: inline-block; height: 10px; border-radius: 3px; vertical-align: middle; } .key { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 7px; }
`;

/**
 * What a data set holds as one HTML page that needs nothing else.
 *
 * @example await writeFile('index.html', renderDataReport({ title: 'mine', lines: [['cases', '12']], balance, problems: [], tiles: [] }))
 */
export function renderDataReport({ title, lines, balance, problems, tiles }: DataReport): string {
  const more =
    problems.length > SHOWN_PROBLEMS ? `<p class="quiet">and ${problems.length - SHOWN_PROBLEMS} more</p>` : '';
  return htmlPage(
    title,
    `<section><h2>What it holds</h2>
<table><tbody>${lines.map(([name, text]) => `<tr><td class="quiet">${escapeHtml(name)}</td><td>${escapeHtml(text)}</td></tr>`).join('')}</tbody></table></section>
${balance ? classSection(balance) : ''}
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
}`,
    TILES_STYLE,
  );
}

function classSection({ classes, cases, patients }: ClassBalance): string {
  const most = Math.max(...classes.map(({ share }) => share), 1e-12);
  const rows = classes.map(({ name, share, ...having }, k) => {
    const colour = cssColour(classColour(k));
    return `<tr><td><span class="key" style="background:${colour}"></span>${escapeHtml(name)}</td><td class="number">${having.cases} of ${cases}</td><td class="number">${having.patients} of ${patients}</td><td class="number">${formatShare(share)}</td><td><span class="bar" style="background:${colour};width:${Math.max(1, Math.round((220 * share) / most))}px"></span></td></tr>`;
  });
  return `<section><h2>Classes</h2>
<table><thead><tr><th>class</th><th class="number">cases</th><th class="number">patients</th><th class="number">share of pixels</th><th></th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function figure({ uri, id, patient }: DataReport['tiles'][number]): string {
  const whose = patient === id ? '' : `<br><span class="quiet">${escapeHtml(patient)}</span>`;
  return `<figure><img src="${uri}" alt="${escapeHtml(id)}"><figcaption>${escapeHtml(id)}${whose}</figcaption></figure>`;
}
