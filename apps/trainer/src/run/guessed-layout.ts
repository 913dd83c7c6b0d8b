import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DataError, type LayoutName } from '@medseg/datasets';
import { guessLayout } from '@medseg/datasets/node';
import type { Run } from '@medseg/pipeline';
import { output } from '../terminal/output.ts';
import { withHint } from '../terminal/user-error.ts';
import { dataFolderOf } from './data-folder.ts';

/** The layout of a folder by its names, said on the terminal. Throws DataError, with a hint, where they do not tell it. */
export async function guessedLayout(dir: string): Promise<LayoutName> {
  try {
    const { layout, sign } = await guessLayout(dir);
    output.remark(`layout: ${layout}, guessed from ${sign}; --layout says another`);
    return layout;
  } catch (error) {
    if (error instanceof DataError && existsSync(dir)) throw withHint(error, 'name it with --layout');
    throw error;
  }
}

/**
 * Options with the layout of `data`, where that is another folder than the run's own and none is given. Where the names of
 * the folder tell none, or several, the run's own layout is taken.
 */
export async function withGuessedLayout<T extends { data?: string; layout?: LayoutName }>(
  run: Run,
  options: T,
): Promise<T> {
  const { data, layout } = options;
  if (data === undefined || layout !== undefined) return options;
  const own = run.info.kind === 'trained' ? run.info.config.data : undefined;
  const ownFolder = dataFolderOf(run);
  if (ownFolder !== undefined && resolve(ownFolder) === resolve(data)) return options;
  try {
    return { ...options, layout: await guessedLayout(data) };
  } catch (error) {
    if (!(error instanceof DataError) || own === undefined) throw error;
    output.remark(`layout: ${own.layout}, as in training; the names of ${data} do not tell it, --layout says another`);
    return options;
  }
}
