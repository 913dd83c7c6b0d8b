export { type AnchoredCondition, AnchoredDiffusion } from './anchored-diffusion.ts';
export { type AnchoredDiffusionConfig, anchoredDiffusionDefaults } from './anchored-diffusion-config.ts';
export { DeepmancerUNet } from './deepmancer-unet.ts';
export {
  type DeepmancerUNetConfig,
  deepmancerUNetConfigFrom,
  deepmancerUNetDefaults,
} from './deepmancer-unet-config.ts';
export {
  type DescribeOptions,
  describe,
  formatDescription,
  type LayerDescription,
  type NetworkDescription,
} from './describe.ts';
export type { ImageCondition } from './image-condition.ts';
export { Lucidrains, type LucidrainsParts } from './lucidrains.ts';
export { type LucidrainsConfig, lucidrainsConfigFrom, lucidrainsDefaults } from './lucidrains-config.ts';
export { MedSegDiffV2, type MedSegDiffV2Condition } from './med-seg-diff-v2.ts';
export { type MedSegDiffV2Config, medSegDiffV2Defaults, medSegDiffV2Earlier } from './med-seg-diff-v2-config.ts';
export { type OfficialConfig, officialDefaults } from './official-config.ts';
export type { OfficialEncodeOptions } from './official-labels.ts';
export { OfficialNew, type OfficialNewCondition } from './official-new.ts';
export { officialOptions } from './official-options.ts';
export { OfficialV1, type OfficialV1Condition, type OfficialV1Output } from './official-v1.ts';
export type { Conditioner } from './twin-unet.ts';
export { UNet, type UNetCondition, type UNetConfig, unetDefaults } from './unet.ts';
