import { type Case, decodeScan, isVolume, type Scan } from '@medseg/datasets';
import { createVolume } from '@medseg/image-io';
import { type CaseResult, scoreCase, threshold } from '@medseg/metrics';
import { startBackend } from '@medseg/test-support';
import { beforeAll, describe, expect, it } from 'vitest';
import { smallImage, smallRun } from '../load-run/small-run.fixture.ts';
import { loadRunModel } from '../networks/load.ts';
import type { RunModel } from '../networks/run-model.ts';
import { Run } from '../run/run.ts';
import { ensembleOf, type SamplingChoice } from '../run/sampling.ts';
import { fuseMembers } from '../segmentation/fuse-members.ts';
import { poolSampler, type RunPool, runJobsWith } from '../segmentation/run-jobs.ts';
import { segmentScan, segmentScans } from '../segmentation/segment-scans.ts';
import { evaluateCases } from './evaluate-cases.ts';
import type { TruthCase } from './truth.ts';

let run: Run;
let model: RunModel;
let scan: Scan;
let cases: TruthCase[];

/** A disc of a radius in the picture. */
const disc = (radius: number): Uint8Array =>
  Uint8Array.from({ length: 24 * 20 }, (_, i) => (Math.hypot((i % 24) - 12, Math.floor(i / 24) - 10) < radius ? 1 : 0));

beforeAll(async () => {
  await startBackend('wasm');
  run = await Run.open(await smallRun());
  model = await loadRunModel(run);
  const image = smallImage();
  scan = await decodeScan(image.bytes, image.name);
  const annotators = [4, 5, 7].map((radius) => ({ truth: [disc(radius)] }));
  cases = [
    { id: 'several', patient: 'a', scan, truth: [disc(5)], annotators },
    { id: 'one', patient: 'b', scan, truth: [disc(5)] },
  ];
});

const MEMBERS = 6;
const choose = (choice: SamplingChoice = {}) => ensembleOf(run, { members: MEMBERS, samplingSteps: 2, ...choice });

async function evaluated(choice: SamplingChoice = {}, given: { pool?: boolean; of?: TruthCase[] } = {}) {
  const { pool = false, of = cases } = given;
  const results: CaseResult[] = [];
  const sampler = pool ? { sampler: poolSampler(twoThreads(), model) } : {};
  for await (const result of evaluateCases(model, of, { ...choose(choice), classNames: ['tumour'], ...sampler }))
    results.push(result);
  return results;
}

/** A pool of two whose work this thread does. */
function twoThreads(): RunPool {
  const local = runJobsWith(model, async function* (_: readonly Case[]) {});
  const jobs: Pick<RunPool, 'size' | 'run' | 'dispose'> = {
    size: 2,
    run: async (asked) => {
      const answers = [];
      for (const job of asked) answers.push(await local(structuredClone(job), () => {}));
      return answers;
    },
    dispose: async () => {},
  };
  return jobs as RunPool;
}

describe('evaluateCases', () => {
  it('scores the members of a case with several annotators against all of them', async () => {
    const { probability, anchor, members } = await segmentScan(
      model,
      { id: 'several', scan, keepMembers: true },
      { ...choose(), anchor: true },
    );
    expect(members).toHaveLength(MEMBERS);
    expect(new Set(members!.map(([mask]) => mask!.join(''))).size).toBeGreaterThan(1);
    const [several, one] = await evaluated();
    const { annotators } = scoreCase({
      ...{ id: 'several', patient: 'a', grid: { shape: [20, 24] }, classNames: ['tumour'], truth: [disc(5)] },
      ...{ annotators: cases[0]!.annotators, probability, anchor, members },
    });
    expect(several!.annotators).toEqual(annotators);
    expect(annotators!.ensemble!.samples).toBe(MEMBERS);
    expect(annotators!.anchor!.samples).toBe(1);
    expect(one).not.toHaveProperty('annotators');
    const alone = await evaluated({ fast: true });
    expect(alone[0]!.annotators).toEqual({ count: 3, anchor: annotators!.anchor });
  });

  it('gives the same with and without annotators, and on several threads', async () => {
    const [several] = await evaluated();
    const { annotators, ...rest } = several!;
    const { annotators: _, ...plain } = cases[0]!;
    expect((await evaluated({}, { of: [plain] }))[0]).toEqual(rest);
    expect(await evaluated({}, { pool: true })).toEqual(await evaluated());
    expect(await evaluated({ fuse: 'staple' }, { pool: true, of: [plain] })).toEqual(
      await evaluated({ fuse: 'staple' }, { of: [plain] }),
    );
  });

  it.each(['majority', 'staple'] as const)(
    'scores the masks of members fused by %s, the map being that of the mean',
    async (fuse) => {
      const asked = { id: 'several', scan, keepMembers: true };
      const { probability, members, masks } = await segmentScan(model, asked, choose({ fuse }));
      expect(masks).toEqual(fuseMembers(members!, fuse, { exclusive: true }));
      const mean = await segmentScan(model, { id: 'several', scan }, choose());
      expect(Object.keys(mean).sort()).toEqual(['anchor', 'classes', 'method', 'probability', 'uncertainty']);
      expect(probability).toEqual(mean.probability);
      expect(masks![0]).not.toEqual(threshold(probability)); // else the test would see no difference
      const [result] = await evaluated({ fuse });
      expect(result!.area).toBe(masks![0]!.reduce((sum, value) => sum + value, 0));
      const [byMean] = await evaluated({ fuse: 'mean' });
      expect(result!.ece).toBe(byMean!.ece);
      expect(byMean).toEqual((await evaluated())[0]);
      const { ensemble } = result!.annotators!;
      expect(ensemble!.ged).toBe(byMean!.annotators!.ensemble!.ged); // of the members, however they are fused
    },
  );

  it('refuses a fusion that there is not', async () => {
    await expect(evaluated({ fuse: 'median' as never })).rejects.toThrow(
      /segmentScans: fuse must be .*mean.*majority.*staple.*, got .*median/,
    );
  });

  it('keeps members for the scans that ask for them alone', async () => {
    const scans = [true, false].map((keepMembers, i) => ({ id: `scan ${i}`, scan, keepMembers }));
    const kept: (number | undefined)[] = [];
    for await (const { segmentation } of segmentScans(model, scans, choose())) kept.push(segmentation.members?.length);
    expect(kept).toEqual([MEMBERS, undefined]);
    expect(isVolume(scan)).toBe(false);
  });
});

describe('volumes of several classes', () => {
  it('have members that are whole volumes, scored class by class, and fused as labels', async () => {
    const two = await Run.open(await smallRun({ classes: { names: ['disc', 'cup'], exclusive: true } }));
    const network = await loadRunModel(two);
    const size = [24, 20, 3] as const;
    const volume = createVolume({ size, data: new Float32Array(24 * 20 * 3).map((_, i) => (i * 37) % 251) });
    const stack = (radius: number): Uint8Array => Uint8Array.from([0, 1, 2].flatMap(() => [...disc(radius)]));
    const masksOf = (radius: number): Uint8Array[] => [
      stack(radius).map((inside, i) => (inside && i % 24 < 12 ? 1 : 0)),
      stack(radius).map((inside, i) => (inside && i % 24 >= 12 ? 1 : 0)),
    ];
    const annotators = [4, 6].map((radius) => ({ truth: masksOf(radius) }));
    const truthCase = { id: 'volume', patient: 'v', scan: volume, truth: masksOf(5), annotators };
    const options = ensembleOf(two, { members: 5, samplingSteps: 2, fuse: 'majority' });
    const asked = { id: 'volume', scan: volume, keepMembers: true };
    const { probability, anchor, members, masks } = await segmentScan(network, asked, { ...options, anchor: true });
    expect(members!.map((own) => own.map(({ length }) => length))).toEqual(members!.map(() => [1440, 1440]));
    expect(masks).toEqual(fuseMembers(members!, 'majority', { exclusive: true }));
    expect(masks![0]!.some((one, i) => one === 1 && masks![1]![i] === 1)).toBe(false);
    const expected = scoreCase({
      ...{ id: 'volume', patient: 'v', classNames: ['disc', 'cup'], truth: masksOf(5) },
      grid: { shape: [3, 20, 24], spacing: [1, 1, 1] },
      ...{ annotators, probability, anchor, members, masks },
    });
    for await (const result of evaluateCases(network, [truthCase], { ...options, classNames: ['disc', 'cup'] })) {
      expect(result).toEqual(expected);
      const [first, second] = result.classes!.map((own) => own.annotators!.ensemble!);
      expect(first!.ged).not.toBe(second!.ged);
      expect(result.annotators!.ensemble!.ged).toBeCloseTo((first!.ged + second!.ged) / 2, 12);
    }
  });
});
