export { type ClassBalance, type DataReport, renderDataReport } from './data-report/data-report.ts';
export { formatShare } from './data-report/format-share.ts';
export { classColour, ERROR_COLOURS, PREDICTION_COLOUR, type Rgb, TRUTH_COLOUR } from './palette.ts';
export { contactSheet } from './pictures/contact-sheet.ts';
export { drawChannels, drawGrey, drawHeat, drawMask, drawSlice, type Size, type Slice } from './pictures/draw.ts';
export { drawErrors } from './pictures/draw-errors.ts';
export { type Picture, toDataUri, toPng } from './pictures/picture.ts';
export { blandAltman } from './plots/bland-altman.ts';
export { diceBoxes } from './plots/dice-boxes.ts';
export { type IntervalPlotOptions, type IntervalRow, intervalPlot } from './plots/interval-plot.ts';
export { type LineChartOptions, type LineSeries, lineChart } from './plots/line-chart.ts';
export { lossByTime } from './plots/loss-by-time.ts';
export { type ByMethod, reliabilityDiagram } from './plots/reliability-diagram.ts';
export { riskCoverageCurves } from './plots/risk-coverage-curves.ts';
export { lossCurves, type TrainingPoint, validationCurve } from './plots/training-curves.ts';
export {
  type CasePanel,
  type CasePicture,
  drawCase,
  exemplars,
  type SegmentedSlice,
  type SlicePlace,
} from './run-report/case-panel.ts';
export { drawEmerging, type EmergingStep, type SamplingFrame } from './run-report/emerging.ts';
export { type RunReport, renderRunReport } from './run-report/run-report.ts';
export { splitNote } from './run-report/split-note.ts';
export { renderStudyReport, type StudyReport, type StudyTable } from './study-report/study-report.ts';
