import { requireObject } from '@medseg/arguments';
import { type CaseResult, type LengthUnit, methodsOf, plural, type ResultsSummary } from '@medseg/metrics';
import { escapeHtml } from '../escape-html.ts';
import { htmlPage, scrolling, section } from '../html-page.ts';
import { lossByTime } from '../plots/loss-by-time.ts';
import { lossCurves, type TrainingPoint, validationCurve } from '../plots/training-curves.ts';
import { anchorSection } from './anchor-section.ts';
import { type CasePanel, casePanel } from './case-panel.ts';
import type { EmergingStep } from './emerging.ts';
import { legend } from './legend.ts';
import { resultsTable } from './results-section.ts';
import { splitNote } from './split-note.ts';
import { statisticsSection } from './statistics-section.ts';

/** What the report of a run shows. */
export interface RunReport {
  /** Title of the page. */
  readonly title: string;
  /** Further sentences on the cases, such as how many of them were trained on. Default none. */
  readonly notes?: readonly string[];
  /** Which of the run's patients were evaluated: validation or test; else any other name, such as all. */
  readonly split: string;
  /** Unit of distances. */
  readonly unit: LengthUnit;
  /** Unit of areas or volumes. */
  readonly sizeUnit: string;
  /** What cases are called: images or volumes. */
  readonly noun: string;
  /** Names of the classes. */
  readonly classNames: readonly string[];
  /** How many patients the run was trained on; absent where that is not known. */
  readonly trainedPatients?: number | undefined;
  /** Seconds that training took. Absent where the run was not trained here. */
  readonly trainedSeconds?: number | undefined;
  /** One point per training step; empty for a run that was not trained here. */
  readonly training: readonly TrainingPoint[];
  /** Share of the training budget that the anchor had, 0 to 1. Absent where it is not known. */
  readonly anchorShare?: number | undefined;
  /** Whether the network is a plain U-Net, whose mask is scored under the name of the anchor. Default false. */
  readonly plain?: boolean | undefined;
  /** Scores of each case. */
  readonly results: readonly CaseResult[];
  /** Means over the cases. */
  readonly summary: ResultsSummary;
  /** Seed of the intervals. Default 0. */
  readonly seed?: number | undefined;
  /** How masks were drawn. */
  readonly sampling: {
    /** Sampling steps; 0 where the anchor was scored alone. */
    readonly steps: number;
    /** Members of the ensemble. */
    readonly members: number;
    /** How members became the mask: mean, majority or staple. Default mean. */
    readonly fuse?: string | undefined;
  };
  /** Cases that are shown. */
  readonly panels: readonly CasePanel[];
  /** Steps of a mask that emerges from noise; empty where none is shown. */
  readonly emerging: readonly EmergingStep[];
  /** What the run was trained on, by name; `backend` is named at the top. */
  readonly machine: Readonly<Record<string, string | number>>;
  /** Any value that JSON can hold. */
  readonly config: unknown;
  /** Text at the foot of the page: what made it, and when. Default none. */
  readonly footer?: string | undefined;
}

/**
 * The report of a run as one HTML page that needs nothing else.
 *
 * @example await writeFile('report.html', renderRunReport(report))
 */
export function renderRunReport(report: RunReport): string {
  requireObject('renderRunReport: report', report, ['title', 'split', 'unit', 'sizeUnit']);
  const { title, results, noun, panels, emerging, unit, sizeUnit, anchorShare, seed = 0 } = report;
  const spread = `Spread, ${sizeUnit === 'mm³' ? 'volumes' : 'areas'} and confidence`;
  return htmlPage(
    title,
    [
      opening(report),
      section(
        'results',
        'Results',
        `<p>${scoredOn(report)}</p>
${resultsTable(results, report.summary, { unit, sizeUnit, seed })}
${anchorSection(results, { unit, noun, seed, anchorShare })}`,
      ),
      panels.length === 0
        ? ''
        : section('cases', 'Best, median and worst', `${panels.map(casePanel).join('\n')}\n${legend(report)}`),
      section('spread', spread, statisticsSection(results, sizeUnit)),
      emerging.length === 0 ? '' : section('emerging', 'A mask emerging from noise', emergingSteps(emerging)),
      report.training.length === 0 ? '' : section('training', 'Training', curves(report.training)),
      section('machine', 'Configuration and machine', configuration(report)),
    ]
      .filter((part) => part !== '')
      .join('\n'),
    { footer: report.footer },
  );
}

/** How the run was trained, as far as that is known. */
function opening({ training, trainedSeconds, trainedPatients, machine }: RunReport): string {
  if (training.length === 0 || trainedSeconds === undefined) return '';
  const patients = trainedPatients === undefined ? '' : `; ${plural(trainedPatients, 'patients')} to train on`;
  return `<p class="quiet">${plural(training.length, 'training steps')} in ${duration(trainedSeconds)} on ${escapeHtml(String(machine.backend))}${patients}.</p>`;
}

/** Which cases were scored, what training used them for, and how masks were drawn. */
function scoredOn({ results, noun, split, sampling, plain = false, notes = [] }: RunReport): string {
  const patients = new Set(results.map((result) => result.patient)).size;
  const known = splitNote(split);
  const whose = plural(patients, known === '' ? 'patients' : `${escapeHtml(split)} patients`);
  const drawn =
    methodsOf(results)[0]?.key === 'anchor'
      ? plain
        ? 'The network is a plain U-Net, without diffusion; the scores under the name of the anchor are its own.'
        : 'Scored is the anchor head alone: no mask was drawn by diffusion.'
      : `The ensemble has ${plural(sampling.members, 'members')} of ${plural(sampling.steps, 'steps')} each${fusedBy(sampling.fuse)}.`;
  return [
    `Mean over ${plural(results.length, noun)} of ${whose}, each at its own size.`,
    known,
    ...notes.map(escapeHtml),
    drawn,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** How members became the mask, where it is not by their mean. */
function fusedBy(fuse = 'mean'): string {
  if (fuse === 'mean') return '';
  const by = { majority: 'the majority of them', staple: 'STAPLE' }[fuse] ?? escapeHtml(fuse);
  return `, its mask being that of ${by}; probability, ECE and uncertainty are those of their mean`;
}

function emergingSteps(emerging: readonly EmergingStep[]): string {
  const steps = emerging.map(
    ({ t, noisy, predicted }) =>
      `<figure><img src="${noisy}" alt="noisy mask at t = ${t}"><img src="${predicted}" alt="clean mask as predicted at t = ${t}"><figcaption>t = ${t}</figcaption></figure>`,
  );
  return `<p class="quiet">One sample of the median case. Above, the noisy mask after each step; below, the clean mask as predicted from it.</p>
<div class="row emerging">${steps.join('')}</div>`;
}

function curves(training: readonly TrainingPoint[]): string {
  const validation = validationCurve(training);
  const byTime = lossByTime(training);
  const drawn = [
    ...lossCurves(training),
    ...(validation === undefined ? [] : [validation]),
    ...(byTime === undefined ? [] : [byTime]),
  ];
  return `<div class="plots">${drawn.join('')}</div>`;
}

function configuration({ machine, config }: RunReport): string {
  const rows = Object.entries(machine).map(
    ([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(String(value))}</td></tr>`,
  );
  return `${scrolling('machine', `<table><tbody>${rows.join('')}</tbody></table>`)}
<details><summary>Configuration</summary><pre tabindex="0">${escapeHtml(JSON.stringify(config, null, 2))}</pre></details>`;
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} seconds` : `${(seconds / 60).toFixed(1)} minutes`;
}
