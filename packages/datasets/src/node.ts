export { checkCases } from './check-cases.ts';
export { LAYOUTS, type Layout } from './layouts.ts';
export { type ListOptions, listFolder } from './list-folder.ts';
export { listLgg } from './list-lgg.ts';
export { type CaseSourceOptions, loadOriginal, loadSample, type Original, openCases, toSample } from './load-sample.ts';
export { readSplit } from './read-split.ts';
export { type PhantomOptions, writePhantom } from './write-phantom.ts';
