import type { Listing } from './case.ts';
import { listDecathlon } from './list-decathlon.ts';
import { type ListOptions, listFolder } from './list-folder.ts';
import { listLgg } from './list-lgg.ts';

/** Finds the cases in a folder without opening the files. */
export type Layout = (dir: string, options?: ListOptions) => Promise<Listing>;

/** The layouts that a command line offers by name. */
export const LAYOUTS: Record<'lgg' | 'folder' | 'decathlon', Layout> = {
  lgg: listLgg,
  folder: listFolder,
  decathlon: listDecathlon,
};
