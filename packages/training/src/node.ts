export { disableIncrementalMarking } from './disable-incremental-marking.ts';
