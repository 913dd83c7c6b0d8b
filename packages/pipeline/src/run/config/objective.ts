import { networkPredictions } from '@medseg/diffusion';
import { z } from 'zod';
import { SCHEDULE_NAMES } from '../../networks/process.ts';

const count = z.int().positive();
const share = z.number().min(0).max(1);

/** What a denoiser is trained for; what is left out suits the network. */
export const objectiveSchema = z.strictObject({
  prediction: z
    .preprocess(
      (name) => (name === 'v' ? 'v_prediction' : name === 'x0' ? 'sample' : name),
      z.enum(networkPredictions as ['epsilon', 'sample', 'v_prediction', 'flow', 'logits']),
    )
    .optional()
    .describe('what the denoiser predicts: the noise, x_0, v, the velocity of a straight path, or logits of the mask'),
  learnedVariance: z.boolean().optional().describe('whether it predicts the variance of a step, too'),
  schedule: z.enum(SCHEDULE_NAMES).optional().describe('noise schedule'),
  timesteps: count.max(10_000).optional().describe('training steps T of the diffusion'),
  zeroTerminalSnr: z
    .boolean()
    .default(false)
    .describe('whether the last step holds no signal at all (Lin et al. 2023)'),
  referenceSide: count
    .optional()
    .describe('side of the images that the schedule was made for; others shift it (Hoogeboom et al. 2023)'),
  weighting: z
    .enum(['none', 'min-snr'])
    .default('none')
    .describe('how much each time counts: all alike, or by min-SNR (Hang et al. 2023)'),
  minSnrGamma: z.number().positive().default(5).describe('of min-snr: SNR above which a time counts no more'),
  times: z
    .enum(['uniform', 'loss-aware'])
    .default('uniform')
    .describe('how times are drawn: evenly, or by their losses (Nichol & Dhariwal 2021)'),
  conditionDropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('share of the samples whose image is taken away, for sampling.guidance (Ho & Salimans 2022)'),
  selfConditioning: share
    .default(0)
    .describe('share of the steps that see the network’s own prediction (Chen et al. 2022)'),
  maskWeight: z
    .number()
    .nonnegative()
    .optional()
    .describe('weight of the loss of the mask that a network gives beside its prediction'),
});

type Parsed = z.output<typeof objectiveSchema>;
/** What suits the network where it is not given. */
type OfNetwork = 'prediction' | 'learnedVariance' | 'schedule' | 'timesteps' | 'maskWeight';

/** What a denoiser is trained for, resolved. */
export type ObjectiveConfig = Omit<Parsed, OfNetwork> & {
  readonly [Name in OfNetwork]-?: NonNullable<Parsed[Name]>;
};
