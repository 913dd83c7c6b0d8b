import { requireObject } from '@medseg/arguments';
import { escapeHtml } from '../escape-html.ts';
import { htmlPage, scrolling, section } from '../html-page.ts';
import { classColour, cssColour } from '../palette.ts';
import { formatShare } from './format-share.ts';

/** How a data set's classes are spread over its cases and patients. */
export interface ClassBalance {
  /** Number of cases. */
  readonly cases: number;
  /** Number of patients. */
  readonly patients: number;
  /** How frequent each class is. */
  readonly classes: readonly {
    /** Name of the class. */
    readonly name: string;
    /** Share of the pixels, 0 to 1. */
    readonly share: number;
    /** Cases and patients that have the class. */
    readonly cases: number;
    /** Patients with a case that has it. */
    readonly patients: number;
  }[];
}

/** What the page of a data set shows. */
export interface DataReport {
  /** Title of the page. */
  readonly title: string;
  /** What it holds, as names and texts. */
  readonly lines: readonly (readonly [name: string, text: string])[];
  /** How frequent the classes are; undefined where that is not known. */
  readonly balance: ClassBalance | undefined;
  /** Files that cannot be used, and the rule that each breaks. */
  readonly problems: readonly {
    /** Name of the file. */
    readonly file: string;
    /** The rule that it breaks, in words. */
    readonly rule: string;
  }[];
  /** Some of its cases: pictures as data URIs, with the ids of case and patient. */
  readonly tiles: readonly {
    /** The picture as a data URI. */
    readonly uri: string;
    /** Id of the case. */
    readonly id: string;
    /** Its patient. */
    readonly patient: string;
  }[];
  /** Text at the foot of the page: what made it, and when. Default none. */
  readonly footer?: string | undefined;
}

/** Problems that are listed; a data set of another layout has one for each file. */
const SHOWN_PROBLEMS = 200;

const TILES_STYLE = `
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)); gap: 14px 10px; }
.tiles img { max-width: 100%; margin: 0 auto; } .tiles figcaption { overflow-wrap: anywhere; font-size: 12px; line-height: 1.3; }
.bar { display: inline-block; height: 10px; border-radius: 3px; vertical-align: middle; } .problems td { overflow-wrap: anywhere; } thead td { border-bottom: 2px solid var(--rule); }
`;

/**
 * What a data set holds as one HTML page that needs nothing else.
 *
 * @example await writeFile('index.html', renderDataReport({ title: 'mine', lines: [['cases', '12']], balance, problems: [], tiles: [] }))
 */
export function renderDataReport(report: DataReport): string {
  requireObject('renderDataReport: report', report, ['title', 'lines', 'problems', 'tiles']);
  const { title, lines, balance, problems, tiles, footer } = report;
  const rows = lines.map(
    ([name, text]) => `<tr><th scope="row" class="quiet">${escapeHtml(name)}</th><td>${escapeHtml(text)}</td></tr>`,
  );
  return htmlPage(
    title,
    [
      section('holds', 'What it holds', scrolling('what it holds', `<table><tbody>${rows.join('')}</tbody></table>`)),
      balance ? classSection(balance) : '',
      section('problems', 'Problems', problemsTable(problems)),
      tiles.length > 0
        ? section('tiles', 'Some of its cases', `<div class="tiles">${tiles.map(figure).join('')}</div>`)
        : '',
    ]
      .filter((part) => part !== '')
      .join('\n'),
    { style: TILES_STYLE, footer },
  );
}

function problemsTable(problems: DataReport['problems']): string {
  if (problems.length === 0) return '<p class="quiet">None found: every file was opened.</p>';
  const rows = problems
    .slice(0, SHOWN_PROBLEMS)
    .map(({ file, rule }) => `<tr><td>${escapeHtml(file)}</td><td>${escapeHtml(rule)}</td></tr>`);
  const more =
    problems.length > SHOWN_PROBLEMS ? `<p class="quiet">and ${problems.length - SHOWN_PROBLEMS} more</p>` : '';
  return `${scrolling('problems', `<table class="small problems"><tbody>${rows.join('')}</tbody></table>`)}${more}`;
}

function classSection({ classes, cases, patients }: ClassBalance): string {
  const most = Math.max(...classes.map(({ share }) => share), 1e-12);
  const rows = classes.map(({ name, share, ...having }, k) => {
    const colour = cssColour(classColour(k));
    return `<tr><th scope="row"><span class="swatch" style="background:${colour}"></span>${escapeHtml(name)}</th><td class="number">${having.cases} of ${cases}</td><td class="number">${having.patients} of ${patients}</td><td class="number">${formatShare(share)}</td><td><span class="bar" style="background:${colour};width:${Math.max(1, Math.round((220 * share) / most))}px"></span></td></tr>`;
  });
  const heads = ['cases', 'patients', 'share of pixels'].map((name) => `<th scope="col" class="number">${name}</th>`);
  const table = `<table><thead><tr><th scope="col">class</th>${heads.join('')}<td></td></tr></thead><tbody>${rows.join('')}</tbody></table>`;
  return section('classes', 'Classes', scrolling('classes and their shares', table));
}

function figure({ uri, id, patient }: DataReport['tiles'][number]): string {
  const whose = patient === id ? '' : `<br><span class="quiet">${escapeHtml(patient)}</span>`;
  return `<figure><img src="${uri}" alt="${escapeHtml(id)}"><figcaption>${escapeHtml(id)}${whose}</figcaption></figure>`;
}
