export { folderStore } from './node/folder-store.ts';
export { type LoadedFolderRun, loadRun } from './node/load-run.ts';
export { openRun, openRunFolder } from './node/open-run.ts';
