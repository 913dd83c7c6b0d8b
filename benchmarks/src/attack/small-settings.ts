/** Options of `medseg train` for a network that trains in a moment. */
export const SMALL: readonly string[] = [
  'data.imageSize=[16,16]',
  'training.batchSize=2',
  'evaluation.fast=true',
  ...[
    'encoderChannels=[4,8]',
    'denoiserChannels=[4,8]',
    'encoderBlocks=1',
    'timeChannels=8',
    'heads=2',
    'groups=2',
  ].map((setting) => `network.${setting}`),
].flatMap((setting) => ['--set', setting]);
