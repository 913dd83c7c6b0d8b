export { type AnchoredCondition, AnchoredDiffusion } from './anchored-diffusion.ts';
export { type AnchoredDiffusionConfig, anchoredDiffusionDefaults } from './anchored-diffusion-config.ts';
export {
  type DescribeOptions,
  describe,
  formatDescription,
  type LayerDescription,
  type NetworkDescription,
} from './describe.ts';
export { Lucidrains } from './lucidrains.ts';
export { type LucidrainsConfig, lucidrainsConfigFrom, lucidrainsDefaults } from './lucidrains-config.ts';
export { type OfficialConfig, officialDefaults } from './official-config.ts';
export { OfficialNew, type OfficialNewCondition } from './official-new.ts';
export { officialOptions } from './official-options.ts';
export { OfficialV1, type OfficialV1Condition, type OfficialV1Output } from './official-v1.ts';
export { Seed } from './seed.ts';
export { type SeedConfig, seedConfigFrom, seedDefaults } from './seed-config.ts';
export type { Conditioner } from './twin-unet.ts';
export { UNet, type UNetConfig, unetDefaults } from './unet.ts';
export { V2, type V2Condition } from './v2.ts';
export { type V2Config, v2Defaults } from './v2-config.ts';
