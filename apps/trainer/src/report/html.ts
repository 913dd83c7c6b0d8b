import type { CaseResult } from '../evaluate-cases.ts';
import { summaryRows } from '../results-table.ts';
import type { RunInfo } from '../run-folder.ts';
import type { CasePanel, EmergingStep } from './cases.ts';

export interface ReportContent {
  readonly info: RunInfo;
  readonly title: string;
  readonly split: string;
  readonly trainedSteps: number;
  readonly trainedSeconds: number;
  readonly results: readonly CaseResult[];
  readonly sampling: { readonly steps: number; readonly members: number };
  /** SVG of the curves. */
  readonly curves: readonly string[];
  readonly panels: readonly CasePanel[];
  readonly emerging: readonly EmergingStep[];
}

const STYLE = `
:root { color-scheme: light; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: #1c2430; background: #f4f6f9; }
body { margin: 0 auto; max-width: 1000px; padding: 32px 20px 60px; }
h1 { font-size: 27px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 0 0 12px; }
section { background: #fff; border: 1px solid #e1e6ee; border-radius: 10px; padding: 20px 24px; margin: 18px 0; }
p { margin: 0 0 12px; } .quiet { color: #5b6675; }
table { border-collapse: collapse; } th, td { padding: 5px 18px 5px 0; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid #d4dbe6; font-weight: 600; } tbody tr + tr td { border-top: 1px solid #edf0f5; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; } tr.ours td { font-weight: 600; }
.row { display: flex; flex-wrap: wrap; gap: 14px; } figure { margin: 0; } figcaption { font-size: 13px; color: #5b6675; margin-top: 3px; }
.case + .case { margin-top: 22px; } .case img { width: 218px; } img { display: block; image-rendering: pixelated; background: #000; border-radius: 4px; }
.emerging img { width: 102px; } .emerging img + img { margin-top: 6px; } .emerging { gap: 10px; }
pre { background: #f4f6f9; padding: 12px 14px; border-radius: 6px; overflow-x: auto; font-size: 13px; margin: 0; }
details summary { cursor: pointer; color: #2d6cdf; } details[open] summary { margin-bottom: 10px; } svg { max-width: 100%; height: auto; }
`;

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
<p>Mean over ${plural(results.length, 'image')} of ${plural(patients, `${split} patient`)} that training has not learned from, at each image's own size. The ensemble has ${sampling.members} members of ${plural(sampling.steps, 'step')} each.</p>
${table(results)}
<details><summary>Every image</summary>${everyImage(results)}</details></section>
<section><h2>Best, median and worst</h2>
${panels.map(panel).join('\n')}
<p class="quiet" style="margin-top:14px">Truth in blue, prediction in yellow. Uncertainty is the entropy of the ensemble's probability: black where it is sure, yellow where it is undecided.</p></section>
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

function table(results: readonly CaseResult[]): string {
  const rows = summaryRows(results).map(
    ({ method, dice, iou }, i) =>
      `<tr${i === 0 ? ' class="ours"' : ''}><td>${method}</td><td class="number">${dice.toFixed(3)}</td><td class="number">${iou.toFixed(3)}</td></tr>`,
  );
  return `<table><thead><tr><th>method</th><th class="number">Dice</th><th class="number">IoU</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function everyImage(results: readonly CaseResult[]): string {
  const rows = results.map(
    (r) =>
      `<tr><td>${escapeHtml(r.id)}</td><td class="number">${r.dice.toFixed(3)}</td><td class="number">${r.iou.toFixed(3)}</td><td class="number">${r.anchor.dice.toFixed(3)}</td><td class="number">${r.otsu.dice.toFixed(3)}</td></tr>`,
  );
  return `<table><thead><tr><th>image</th><th class="number">Dice</th><th class="number">IoU</th><th class="number">anchor Dice</th><th class="number">Otsu Dice</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
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

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} seconds` : `${(seconds / 60).toFixed(1)} minutes`;
}
