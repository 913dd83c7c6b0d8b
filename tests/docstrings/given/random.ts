import { createRandom, type Random } from '@medseg/random';

export const random: Random = createRandom(1);
