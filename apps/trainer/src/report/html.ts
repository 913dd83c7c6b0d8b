import type { TrainedInfo } from '@medseg/pipeline';
import type { LengthUnit } from '../evaluation/metrics.ts';
import type { CaseResult } from '../evaluation/score-case.ts';
import type { Summary } from '../evaluation/summary.ts';
import type { CasePanel, EmergingStep } from './cases.ts';
import { escapeHtml } from './escape-html.ts';
import { resultsTable } from './results-section.ts';
import { statisticsSection } from './statistics-section.ts';
import { STYLE } from './style.ts';

export interface ReportContent {
  readonly info: TrainedInfo;
  readonly title: string;
  readonly split: string;
  readonly unit: LengthUnit;
  /** Unit of areas or volumes. */
  readonly sizeUnit: string;
  /** What cases are called: images or volumes. */
  readonly noun: string;
  /** The classes with their colours in the pictures, where there are several. */
  readonly classes: readonly { readonly name: string; readonly colour: string }[];
  readonly trainedSteps: number;
  readonly trainedSeconds: number;
  readonly results: readonly CaseResult[];
  readonly summary: Summary;
  readonly sampling: { readonly steps: number; readonly members: number };
  /** SVG of the curves. */
  readonly curves: readonly string[];
  readonly panels: readonly CasePanel[];
  readonly emerging: readonly EmergingStep[];
}

/** The report as one HTML page that needs nothing else. */
export function renderReport(content: ReportContent): string {
  const { info, title, results, split, sampling, panels, emerging, curves } = content;
  const patients = new Set(results.map((result) => result.patient)).size;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="quiet">${content.trainedSteps} training steps in ${duration(content.trainedSeconds)} on ${escapeHtml(String(info.machine.backend))}; ${plural(info.patients.train.length, 'patient')} to train on.</p>
<section><h2>Results</h2>
<p>Mean over ${results.length} ${content.noun} of ${plural(patients, `${split} patient`)} that training has not learned from, at each one's own size. The ensemble has ${sampling.members} members of ${plural(sampling.steps, 'step')} each.</p>
${resultsTable(results, content.summary, content.unit)}</section>
<section><h2>Best, median and worst</h2>
${panels.map(panel).join('\n')}
<p class="quiet" style="margin-top:14px">${legend(content.classes)} Uncertainty is the entropy of the ensemble's probability: black where it is sure, yellow where it is undecided.</p></section>
<section><h2>Spread, areas and confidence</h2>
${statisticsSection(results, content.sizeUnit)}</section>
<section><h2>A mask emerging from noise</h2>
<p class="quiet">One sample of the median case. Above, the noisy mask after each step; below, the clean mask as predicted from it.</p>
<div class="row emerging">${emerging.map(emergingStep).join('')}</div></section>
<section><h2>Training</h2>
<div class="row">${curves.join('')}</div></section>
<section><h2>Configuration and machine</h2>
<table><tbody>${Object.entries(info.machine)
    .map(([name, value]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(String(value))}</td></tr>`)
    .join('')}</tbody></table>
<details style="margin-top:12px"><summary>Configuration</summary><pre>${escapeHtml(JSON.stringify(info.config, null, 2))}</pre></details></section>
</body></html>
`;
}

/** What the colours in the pictures mean. */
function legend(classes: ReportContent['classes']): string {
  if (classes.length === 0) return 'Truth in blue, prediction in yellow.';
  const names = classes.map(
    ({ name, colour }) => `<span class="swatch" style="background:${colour}"></span>${escapeHtml(name)}`,
  );
  return `Of volumes the slice with the most of the truth is shown. ${names.join(' ')}.`;
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
