export { type AnchoredCondition, AnchoredDiffusion } from './anchored-diffusion.ts';
export { type AnchoredDiffusionConfig, anchoredDiffusionDefaults } from './anchored-diffusion-config.ts';
