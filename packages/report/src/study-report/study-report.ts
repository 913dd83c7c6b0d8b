import { requireObject } from '@medseg/arguments';
import { escapeHtml } from '../escape-html.ts';
import { htmlPage, scrolling, section } from '../html-page.ts';

/** A table of a study. */
export interface StudyTable {
  /** Heading of its part of the page. */
  readonly heading: string;
  /** What the reader should know of its numbers. */
  readonly note: string;
  /** Titles of the columns. */
  readonly head: readonly string[];
  /** One list of cells for each row; the first is its name. */
  readonly rows: readonly (readonly string[])[];
}

/** What the page of a study shows. */
export interface StudyReport {
  /** Title of the page. */
  readonly title: string;
  /** What was studied, in sentences. */
  readonly notes: readonly string[];
  /** Its tables, in order. */
  readonly tables: readonly StudyTable[];
  /** Plots as SVG, such as those of `intervalPlot` and `lineChart`. */
  readonly plots: readonly string[];
  /** What is the same in every part of the study, shown as JSON. */
  readonly config: unknown;
  /** Text at the foot of the page: what made it, and when. Default none. */
  readonly footer?: string | undefined;
}

/**
 * What a study found as one HTML page that needs nothing else.
 *
 * @example await writeFile('study.html', renderStudyReport({ title: 'steps', notes: [], tables: [], plots: [], config: {} }))
 */
export function renderStudyReport(report: StudyReport): string {
  requireObject('renderStudyReport: report', report, ['title', 'notes', 'tables', 'plots']);
  const { title, notes, tables, plots, config, footer } = report;
  return htmlPage(
    title,
    [
      section('study', 'What was studied', notes.map((note) => `<p>${escapeHtml(note)}</p>`).join('\n')),
      ...tables.map((table, k) => section(`table-${k + 1}`, table.heading, tableOf(table))),
      plots.length > 0
        ? section(
            'plots',
            'Plots',
            `<div class="plots">${plots.map((plot) => `<figure>${plot}</figure>`).join('')}</div>`,
          )
        : '',
      section(
        'config',
        'Configuration',
        `<pre tabindex="0">${escapeHtml(JSON.stringify(config, null, 2) ?? '')}</pre>`,
      ),
    ].join('\n'),
    { footer },
  );
}

function tableOf({ heading, note, head, rows }: StudyTable): string {
  const titles = head.map((name, k) => `<th scope="col"${k > 0 ? ' class="number"' : ''}>${escapeHtml(name)}</th>`);
  const lines = rows.map(
    ([name = '', ...cells]) =>
      `<tr><th scope="row">${escapeHtml(name)}</th>${cells.map((cell) => `<td class="number">${escapeHtml(cell)}</td>`).join('')}</tr>`,
  );
  const table = `<table class="results"><thead><tr>${titles.join('')}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
  return `<p class="quiet">${escapeHtml(note)}</p>${scrolling(heading, table)}`;
}
