import type { Case } from '../case.ts';
import { mapCases } from './maps.ts';
import { networkCases } from './networks.ts';
import { productCases } from './products.ts';
import { stockCases } from './stock.ts';

/** Every case, those of one operation side by side. */
export const allCases: readonly Case[] = [...productCases, ...networkCases, ...mapCases, ...stockCases];
