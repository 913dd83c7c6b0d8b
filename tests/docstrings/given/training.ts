import type { Schedule } from '@medseg/diffusion';
import type { AnchoredDiffusionConfig } from '@medseg/models';

export declare const config: AnchoredDiffusionConfig;
export declare const schedule: Schedule;
