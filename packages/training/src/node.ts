export { collectAtOnce } from './collect-at-once.ts';
