import type { CaseResult, LengthUnit, ResultsSummary } from '@medseg/metrics';
import { escapeHtml } from '../escape-html.ts';
import { htmlPage } from '../html-page.ts';
import { classColour, cssColour } from '../palette.ts';
import { lossCurves, type TrainingPoint, validationCurve } from '../plots/training-curves.ts';
import type { CasePanel } from './case-panel.ts';
import type { EmergingStep } from './emerging.ts';
import { resultsTable } from './results-section.ts';
import { statisticsSection } from './statistics-section.ts';

/** What the report of a trained run shows. */
export interface RunReport {
  readonly title: string;
  /** What the evaluated cases are: validation, test or unseen. */
  readonly split: string;
  /** Unit of distances. */
  readonly unit: LengthUnit;
  /** Unit of areas or volumes. */
  readonly sizeUnit: string;
  /** What cases are called: images or volumes. */
  readonly noun: string;
  /** Names of the classes. */
  readonly classNames: readonly string[];
  /** How many patients the run was trained on. */
  readonly trainedPatients: number;
  /** Seconds that training took. */
  readonly trainedSeconds: number;
  /** One point per training step. */
  readonly training: readonly TrainingPoint[];
  readonly results: readonly CaseResult[];
  readonly summary: ResultsSummary;
  readonly sampling: { readonly steps: number; readonly members: number };
  readonly panels: readonly CasePanel[];
  readonly emerging: readonly EmergingStep[];
  /** What the run was trained on, by name; `backend` is named at the top. */
  readonly machine: Readonly<Record<string, string | number>>;
  /** Any value that JSON can hold. */
  readonly config: unknown;
}

/**
 * The report of a trained run as one HTML page that needs nothing else.
 *
 * @example await writeFile('report.html', renderRunReport(report))
 */
export function renderRunReport(report: RunReport): string {
  const { title, results, split, noun, sampling, panels, emerging, machine } = report;
  const patients = new Set(results.map((result) => result.patient)).size;
  const validation = validationCurve(report.training);
  const curves = [...lossCurves(report.training), ...(validation === undefined ? [] : [validation])];
  return htmlPage(
    title,
    `<p class="quiet">${plural(report.training.length, 'training step')} in ${duration(report.trainedSeconds)} on ${escapeHtml(String(machine.backend))}; ${plural(report.trainedPatients, 'patient')} to train on.</p>
<section><h2>Results</h2>
<p>Mean over ${results.length} ${noun} of ${plural(patients, `${split} patient`)} that the run was not trained on, each at its own size. The ensemble has ${sampling.members} members of ${plural(sampling.steps, 'step')} each.</p>
${resultsTable(results, report.summary, report.unit)}</section>
<section><h2>Best, median and worst</h2>
${panels.map(panel).join('\n')}
<p class="quiet" style="margin-top:14px">${legend(report)} Uncertainty is the entropy of the ensemble's probability: black where it is sure, yellow where it is undecided.</p></section>
<section><h2>Spread, ${report.sizeUnit === 'mm³' ? 'volumes' : 'areas'} and confidence</h2>
${statisticsSection(results, report.sizeUnit)}</section>
<section><h2>A mask emerging from noise</h2>
<p class="quiet">One sample of the median case. Above, the noisy mask after each step; below, the clean mask as predicted from it.</p>
<div class="row emerging">${emerging.map(emergingStep).join('')}</div></section>
<section><h2>Training</h2>
<div class="row">${curves.join('')}</div></section>
<section><h2>Configuration and machine</h2>
<table><tbody>${Object.entries(machine)
      .map(([name, value]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(String(value))}</td></tr>`)
      .join('')}</tbody></table>
<details style="margin-top:12px"><summary>Configuration</summary><pre>${escapeHtml(JSON.stringify(report.config, null, 2))}</pre></details></section>`,
  );
}

/** What the colours in the pictures mean, and what is shown of volumes. */
function legend({ classNames, noun }: RunReport): string {
  const slice = noun === 'volumes' ? 'Of each volume the slice with the most of the truth is shown. ' : '';
  if (classNames.length === 1) return `${slice}Truth in blue, prediction in yellow.`;
  const names = classNames.map(
    (name, k) => `<span class="swatch" style="background:${cssColour(classColour(k))}"></span>${escapeHtml(name)}`,
  );
  return `${slice}${names.join(' ')}.`;
}

function panel({ title, result, pictures }: CasePanel): string {
  const figures = pictures.map(
    ({ caption, uri }) => `<figure><img src="${uri}" alt="${caption}"><figcaption>${caption}</figcaption></figure>`,
  );
  return `<div class="case"><p><b>${title}</b> <span class="quiet">${escapeHtml(result.id)}, Dice ${result.dice.toFixed(3)}</span></p><div class="row">${figures.join('')}</div></div>`;
}

function emergingStep({ t, noisy, predicted }: EmergingStep): string {
  return `<figure><img src="${noisy}" alt="noisy mask"><img src="${predicted}" alt="predicted mask"><figcaption>t = ${t}</figcaption></figure>`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} seconds` : `${(seconds / 60).toFixed(1)} minutes`;
}
