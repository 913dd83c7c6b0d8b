export { type AnchoredCondition, AnchoredDiffusion } from './anchored-diffusion.ts';
export { type AnchoredDiffusionConfig, anchoredDiffusionDefaults } from './anchored-diffusion-config.ts';
export { type OfficialConfig, officialDefaults } from './official-config.ts';
export { OfficialNew, type OfficialNewCondition } from './official-new.ts';
export { officialOptions } from './official-options.ts';
export { OfficialV1, type OfficialV1Condition, type OfficialV1Output } from './official-v1.ts';
