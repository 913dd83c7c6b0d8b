import { measureScan, type ScanFacts } from '@medseg/datasets';
import { createImage, createVolume, type Matrix, type Triple } from '@medseg/image-io';
import { createRandom } from '@medseg/random';
import { describe, expect, it } from 'vitest';
import { compareScan } from './compare-scan.ts';
import type { Preparation } from './preparation.ts';
import { copiesOfTraining, trainingDataOf } from './training-data.ts';

interface Parts {
  size?: Triple;
  spacing?: Triple;
  direction?: Matrix;
  modality?: string;
  /** Intensities are drawn evenly between these. */
  between?: [number, number];
}

/** The facts of a volume of noise. */
function volume({ size = [20, 20, 10], between = [1, 400], ...place }: Parts = {}): ScanFacts {
  const random = createRandom(1);
  const data = new Float32Array(size[0] * size[1] * size[2]).map(
    () => between[0] + (between[1] - between[0]) * random.uniform(),
  );
  return measureScan(createVolume({ size, spacing: [1, 1, 2], ...place, data }));
}
const photo = (size: [number, number], white = 255): ScanFacts =>
  measureScan(
    createImage({
      width: size[0],
      height: size[1],
      channels: 1,
      data: Uint8Array.from({ length: size[0] * size[1] }, (_, i) => 1 + ((i * 7) % white)),
    }),
  );
const trainedOn = (...facts: ScanFacts[]): NonNullable<ReturnType<typeof trainingDataOf>> =>
  trainingDataOf(facts.map((each) => ({ facts: { ...each, foreground: [] } })))!;
const mri: Preparation = { imageSize: [16, 16], normalization: { mode: 'mri' } };
const ct: Preparation = { imageSize: [16, 16], normalization: { mode: 'ct' } };
const mr = trainedOn(volume(), volume({ size: [24, 20, 12], between: [2, 900] }));

const found = (facts: ScanFacts, training: typeof mr | undefined, preparation: Preparation): string[] =>
  compareScan(facts, training, preparation).map(
    ({ isRefused, text, detail }) => `${isRefused ? 'refused' : 'remark'}: ${text} (${detail})`,
  );

describe('trainingDataOf', () => {
  it('has ranges along the axes of the body, whatever the order in the file', () => {
    // The same grid, stored with its axes in another order and direction.
    const turned = volume({ size: [10, 20, 20], spacing: [2, 1, 1], direction: [0, 0, 1, 0, -1, 0, -1, 0, 0] });
    const { volumes } = trainedOn(volume(), turned);
    expect(volumes).toEqual({
      count: 2,
      size: [
        [20, 20],
        [20, 20],
        [10, 10],
      ],
      spacing: [
        [1, 1],
        [1, 1],
        [2, 2],
      ],
      extent: [
        [20, 20],
        [20, 20],
        [20, 20],
      ],
    });
  });

  it('has percentiles before normalisation, types and modalities', () => {
    const training = trainedOn(volume({ modality: 'MR' }), volume({ between: [2, 900] }));
    expect(training.intensities[0]!.low[0]).toBeCloseTo(1 + 0.005 * 399, 0);
    expect(training.intensities[0]!.high[1]).toBeCloseTo(900 - 0.005 * 898, -1);
    expect(training).toMatchObject({ types: ['float32'], modalities: ['MR'] });
  });

  it('is undefined where a case has not been read', () => {
    expect(trainingDataOf([{ facts: { ...volume(), foreground: [] } }, {}])).toBeUndefined();
  });
});

describe('compareScan', () => {
  it('finds nothing in scans like those of training', () => {
    expect(found(volume({ size: [22, 21, 11] }), mr, mri)).toEqual([]);
    // Intensities of MRI have no scale.
    expect(found(volume({ between: [1, 40000] }), mr, mri)).toEqual([]);
  });

  it('refuses an empty volume, whatever the run, and remarks on an empty image', () => {
    const empty = volume({ between: [3, 3] });
    expect(found(empty, undefined, mri)).toEqual(['refused: the scan is empty (each value is 3)']);
    expect(found(photo([4, 4], 1), undefined, mri)).toEqual(['remark: the scan is empty (each value is 1)']);
  });

  it('refuses CT on a run of MRI, and MRI on one of CT', () => {
    const hounsfield = volume({ between: [-1000, 1500] });
    expect(found(hounsfield, mr, mri)).toEqual([
      expect.stringMatching(
        /^refused: the intensities are of another kind \(-98\d to 149\d, trained on 3\.3 to 894\)$/,
      ),
    ]);
    expect(found(volume(), trainedOn(hounsfield), ct)[0]).toMatch(/^refused: the intensities are of another kind/);
    // A part of a body may have no air.
    expect(found(volume({ between: [-120, 200] }), trainedOn(hounsfield), ct)).toEqual([]);
    expect(found(volume({ between: [-100, 400] }), mr, mri)[0]).toMatch(/^remark: the intensities reach below 0/);
  });

  it('refuses another modality, where both are known', () => {
    const training = trainedOn(volume({ modality: 'MR' }));
    expect(found(volume({ modality: 'PT' }), training, mri)).toEqual([
      'refused: the scan is of another modality (PT, trained on MR)',
    ]);
    expect(found(volume({ modality: 'MR' }), training, mri)).toEqual([]);
    expect(found(volume(), training, mri)).toEqual([]);
    const hounsfield = { between: [-1000, 1500] as [number, number] };
    expect(found(volume({ ...hounsfield, modality: 'MR' }), trainedOn(volume(hounsfield)), ct)).toEqual([
      'refused: the scan is of another modality (MR, trained on CT)',
    ]);
  });

  it('refuses a spacing far outside, and remarks on one that is outside', () => {
    expect(found(volume({ size: [5, 5, 5], spacing: [4, 4, 4] }), mr, mri)).toEqual([
      'refused: the spacing is far from the training data (4 x 4 x 4 mm, trained on 1 x 1 x 2)',
    ]);
    expect(found(volume({ size: [13, 13, 10], spacing: [1.6, 1.6, 2] }), mr, mri)).toEqual([
      'remark: the spacing is far from the training data (1.6 x 1.6 x 2 mm, trained on 1 x 1 x 2)',
    ]);
  });

  it('refuses a scan that was padded within its slices, and remarks on one that reaches farther across them', () => {
    expect(found(volume({ size: [80, 80, 10] }), mr, mri)).toEqual([
      'refused: the extent is far from the training data (80 x 80 mm, trained on 20–24 x 20)',
    ]);
    expect(found(volume({ size: [26, 26, 10] }), mr, mri)).toEqual([
      'remark: the extent is far from the training data (26 x 26 mm, trained on 20–24 x 20)',
    ]);
    expect(found(volume({ size: [20, 20, 40] }), mr, mri)).toEqual([
      'remark: the extent across slices is far from the training data (80 mm, trained on 20–24)',
    ]);
    // Coronal slices have the head within them.
    expect(found(volume({ size: [20, 20, 40] }), mr, { ...mri, view: { plane: 'coronal' } })[0]).toMatch(/^refused/);
    expect(found(volume({ size: [80, 80, 10] }), mr, { ...mri, view: { patches: {} } })).toEqual([]);
  });

  it('measures slices along the axes of the file by the body’s', () => {
    const turned = volume({ size: [10, 20, 80], spacing: [2, 1, 1], direction: [0, 0, 1, 0, -1, 0, -1, 0, 0] });
    expect(found(turned, mr, { ...mri, view: { plane: 'i' } })[0]).toMatch(/^refused: the extent .*\(80 x 20 mm/);
    expect(found(turned, mr, { ...mri, view: { plane: 'k' } })[0]).toMatch(/^remark: the extent across/);
  });

  it('knows no thickness of a single slice', () => {
    expect(found(volume({ size: [20, 20, 1], spacing: [1, 1, 50] }), mr, mri)).toEqual([]);
  });

  it('remarks on images of another size, and on images for volumes and the other way about', () => {
    const images = trainedOn(photo([32, 32]), photo([40, 32]));
    const preparation: Preparation = { ...mri, normalization: 'photo' };
    expect(found(photo([50, 50]), images, preparation)).toEqual([]);
    expect(found(photo([100, 32]), images, preparation)).toEqual([
      'remark: the size of the image is far from the training data (100 x 32 pixels, trained on 32–40 x 32)',
    ]);
    expect(found(volume({ between: [0.1, 0.9] }), images, preparation)).toEqual([
      'remark: the scan is a volume (trained on 2 images)',
    ]);
    expect(found(photo([20, 20]), mr, mri)).toEqual(['remark: the scan is an image (trained on 2 volumes)']);
  });

  it('refuses another scale where normalisation has one of its own', () => {
    const images = trainedOn(photo([32, 32]));
    const preparation: Preparation = { ...mri, normalization: 'photo' };
    const float = (most: number): ScanFacts =>
      measureScan(
        createImage({
          width: 32,
          height: 32,
          channels: 1,
          data: Float32Array.from({ length: 1024 }, (_, i) => ((i % 100) / 100 + 0.001) * most),
        }),
      );
    expect(found(float(1), images, preparation)).toEqual([]);
    expect(found(float(255), images, preparation)[0]).toMatch(/^refused: the intensities are of another scale/);
    expect(found(photo([32, 32], 20), images, preparation)[0]).toMatch(/^remark: the intensities are low/);
    const hounsfield = trainedOn(volume({ between: [-1000, 300] }));
    for (const factor of [1 / 1000, 1 / 30, 3])
      expect(found(volume({ between: [-1000 * factor, 300 * factor] }), hounsfield, ct)[0]).toMatch(
        /^refused: the intensities are of another scale/,
      );
    for (const [low, high] of [
      [-100, 30],
      [-2000, -700],
      [-1000, 1100],
    ] as const)
      expect(found(volume({ between: [low, high] }), hounsfield, ct)[0]).toMatch(
        /^remark: the intensities are of another range/,
      );
    expect(found(volume({ between: [1, 4000] }), trainedOn(volume()), { ...mri, normalization: 'none' })[0]).toMatch(
      /^refused: the intensities are of another scale/,
    );
  });

  it('remarks on a CT whose air is not where that of training is, unless it has none', () => {
    const trained = trainedOn(volume({ between: [-1010, 1500] }), volume({ between: [-1000, 2000] }));
    const shifted = (by: number): string[] => found(volume({ between: [-1000 + by, 1500 + by] }), trained, ct);
    for (const by of [-300, 200, 300, 600])
      expect(shifted(by)).toEqual([
        expect.stringMatching(/^remark: air has another intensity: the scan may be shifted/),
      ]);
    for (const by of [-100, 0, 100]) expect(shifted(by)).toEqual([]);
    expect(found(volume({ between: [-150, 1500] }), trained, ct)).toEqual([]);
    // Where scans of training lack air too, a scan may have it or not.
    const parts = trainedOn(volume({ between: [-1010, 1500] }), volume({ between: [-150, 1500] }));
    expect(found(volume({ between: [-600, 1500] }), parts, ct)).toEqual([]);
  });
});

describe('copiesOfTraining', () => {
  it('are scans of the same size and intensities, by content', () => {
    const [a, b, c] = ['1', '2', '1'].map((fingerprint, i) => ({
      facts: { ...volume(), foreground: [], fingerprint },
      id: `${i}`,
    }));
    expect(copiesOfTraining([b!, c!], trainingDataOf([a!])!)).toEqual([c]);
    const { fingerprint: _, ...bare } = a!.facts;
    expect(copiesOfTraining([{ facts: bare }], trainingDataOf([a!]))).toEqual([]);
    // Runs of earlier versions have none.
    const { fingerprints, ...earlier } = trainingDataOf([a!])!;
    expect(fingerprints).toEqual(['1']);
    expect(copiesOfTraining([a!], earlier)).toEqual([]);
    expect(copiesOfTraining([a!], undefined)).toEqual([]);
  });
});
