import { currentLayoutName, LAYOUT_NAMES } from '@medseg/datasets';
import { z } from 'zod';
import { MOST_THREADS } from './training.ts';

const count = z.int().positive();
const share = z.number().min(0).max(1);
const amount = z.number().nonnegative().default(0);

const percent = z.number().min(0).max(100);
const percentiles = z
  .tuple([percent, percent])
  .refine(([low, high]) => low < high, 'must be a lower percentile and a higher one');

/** How intensities become numbers around 0, as in @medseg/datasets. */
export const normalizationSchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('mri'), percentiles: percentiles.optional() }),
  z.strictObject({ mode: z.literal('ct'), center: z.number().optional(), width: z.number().positive().optional() }),
  z.strictObject({ mode: z.literal('photo'), signed: z.boolean().optional() }),
  z.strictObject({ mode: z.literal('none') }),
]);

/** How volumes become slices, and images patches, as in @medseg/datasets. */
export const viewSchema = z.strictObject({
  plane: z.enum(['axial', 'coronal', 'sagittal', 'i', 'j', 'k']).optional(),
  neighbours: z.int().nonnegative().optional(),
  patches: z.strictObject({ overlap: z.number().min(0).lt(1).optional() }).optional(),
});

/** Which files, and how they become samples. */
export const dataSchema = z.strictObject({
  dir: z.string(),
  layout: z.preprocess((name) => (typeof name === 'string' ? currentLayoutName(name) : name), z.enum(LAYOUT_NAMES)),
  classes: z.string().optional().describe('classes of the masks, as disc=0+128,cup=0; else as the layout says'),
  patientPattern: z.string().optional().describe('regular expression on a case’s id whose first group is its patient'),
  maskThreshold: z
    .number()
    .positive()
    .optional()
    .describe('for masks with soft edges and no classes: values from here on are foreground'),
  maxFileBytes: count.optional().describe('largest decoded file in bytes; by default 1 GiB'),
  series: z
    .string()
    .optional()
    .describe('which DICOM series of a patient is the image: UID, description or modality; for the layout dicom'),
  normalization: normalizationSchema.optional().describe('else as suits the layout'),
  view: viewSchema.optional().describe('how volumes become slices, and images patches'),
  emptyShare: share.default(1).describe('share of the slices without foreground to train on'),
  loaderThreads: z
    .int()
    .nonnegative()
    .max(MOST_THREADS)
    .default(1)
    .describe('threads that read and augment samples; 0: none'),
  annotators: z.enum(['draw', 'majority', 'mean']).default('majority').describe('what several masks of a case become'),
  imageSize: z.tuple([count, count]).default([64, 64]).describe('height and width that the network works at'),
  duplicates: z
    .boolean()
    .default(true)
    .describe('keep images of different patients that are nearly the same in one part of the split'),
  validation: share.default(0.15).describe('share of the patients for validation'),
  test: share.default(0.15).describe('share of the patients for testing'),
  folds: count.min(2).optional().describe('cross-validation: parts of the patients, of which one is tested on'),
  fold: z
    .int()
    .nonnegative()
    .optional()
    .describe('which of the folds is tested on, from 0; validation is a share of the others, test is not used'),
  splitSeed: z.int().nonnegative().optional().describe('decides the split; by default the seed'),
  skipInvalid: z.boolean().default(false).describe('leave out files that cannot be used'),
});

/** How samples are varied in training. */
export const augmentationSchema = z
  .strictObject({
    flip: z.boolean().default(true),
    rotate90: z.boolean().default(false),
    intensity: share.default(0.1),
    rotate: amount.describe('degrees'),
    scale: amount,
    elastic: amount.describe('pixels'),
    gamma: amount,
    biasField: amount,
    noise: amount,
    mixup: amount,
  })
  .prefault({});
