import { join } from 'node:path';
import { RUN_FILES } from '@medseg/pipeline';
import { resumeCommand } from '../terminal/shell-command.ts';
import type { Saved } from '../terminal/stopping.ts';

/** What a training in `out` that is ended by force leaves behind. */
export function savedRun(out: string): Saved {
  return { file: join(out, RUN_FILES.info), hint: `the last save is whole; resume with: ${resumeCommand(out)}` };
}
