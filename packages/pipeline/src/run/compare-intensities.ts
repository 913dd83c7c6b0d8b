import type { NormalizationMode, ScanFacts } from '@medseg/datasets';
import { type ScanFinding, short } from './scan-finding.ts';
import type { TrainingData } from './training-data.ts';

/** Air is at -1000 Hounsfield units, fat at -100: what reaches below this is in such units. */
const HOUNSFIELD = -200;
/** Air in a CT is about here, or darker; and so far from that of training it is not where training has it. */
const AIR = -900;
const AIR_MOVED = 150;
/** So far below 0, as a share of the highest intensity, do intensities reach that have no negative ones. */
const ROUNDING = 0.02;
/** Times that the highest intensity of a photograph, as a share of white, may be outside of the range of training. */
const SCALE = 4;
/**
 * Times that the range of a CT may be wider or narrower than that of training. Normalisation is a fixed window, so that
 * another unit would go unseen; a part of a body without air or bone is narrow, too.
 */
const WIDER = 2.5;
const NARROW = 8;
const NARROWER = 20;

/**
 * Compares the intensities of a scan, before normalisation, with those of training: whether they are of one kind, in
 * Hounsfield units, from 0 up, or around 0; and, where normalisation does not measure the scale, whether they are of one
 * scale.
 */
export function compareIntensities(
  { percentiles = [], dtype }: ScanFacts,
  { intensities, types }: TrainingData,
  mode: NormalizationMode,
): ScanFinding[] {
  const findings: ScanFinding[] = [];
  for (const [c, { low, high }] of intensities.entries()) {
    const own = percentiles[c];
    if (!own) break;
    const channel = intensities.length > 1 ? ` in channel ${c + 1}` : '';
    const detail = `${short(own[0])} to ${short(own[1])}${channel}, trained on ${short(low[0])} to ${short(high[1])}`;
    const found = (isRefused: boolean, text: string): unknown => findings.push({ isRefused, text, detail });
    const [least, most] = [kindOf(low[0], high[1]), kindOf(low[1], high[1])];
    const kind = kindOf(own[0], own[1]);
    if (least === most && isAnother(kind, least)) found(true, 'the intensities are of another kind');
    else if (least === 'positive' && kind === 'signed') found(false, 'the intensities reach below 0');
    else if (mode === 'photo' && types.length === 1) {
      const [trained, share] = [high.map((value) => value / whiteOf(types[0]!)), own[1] / whiteOf(dtype)];
      if (share > SCALE * trained[1]!) found(true, 'the intensities are of another scale');
      else if (share < trained[0]! / SCALE) found(false, 'the intensities are low');
    } else if (mode === 'ct') {
      const [span, ownSpan] = [high[1] - low[0], own[1] - own[0]];
      if (ownSpan > WIDER * span || ownSpan < span / NARROWER) found(true, 'the intensities are of another scale');
      else if (ownSpan < span / NARROW || own[0] < low[0] - span / 4 || own[1] > high[1] + span / 2)
        found(false, 'the intensities are of another range');
      else if (airMoved(own[0], low)) found(false, 'air has another intensity: the scan may be shifted');
    } else if (mode === 'none') {
      const span = high[1] - low[0];
      if (own[0] < low[0] - span || own[1] > high[1] + span) found(true, 'the intensities are of another scale');
    }
  }
  return findings;
}

/**
 * Whether the darkest intensities of a CT are neither those of air as in training nor of a part without air: where every
 * scan of training has air, the 0.5 percentile of a scan is air's or, without air, that of fat.
 */
function airMoved(own: number, [least, most]: readonly [number, number]): boolean {
  return most <= AIR && own <= HOUNSFIELD && (own > most + AIR_MOVED || own < least - AIR_MOVED);
}

/** Whether one kind can only be a mistake for the other: of CT, a part may have no air. */
function isAnother(kind: Kind, trained: Kind): boolean {
  return trained === 'hounsfield' ? kind === 'positive' : kind === 'hounsfield';
}

type Kind = 'hounsfield' | 'positive' | 'signed';

function kindOf(low: number, high: number): Kind {
  if (low <= HOUNSFIELD) return 'hounsfield';
  return low >= -ROUNDING * Math.abs(high) ? 'positive' : 'signed';
}

/** The largest possible sample of a type, as `photo` scales by it. */
function whiteOf(type: string): number {
  return type === 'uint8' ? 255 : type === 'uint16' ? 65535 : 1;
}
