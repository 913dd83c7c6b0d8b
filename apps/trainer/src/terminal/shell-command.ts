import { platform } from 'node:os';
import { backendArguments } from './backend.ts';

/** Arguments as one line that can be pasted into a shell; those that hold more than plain characters are quoted. */
export function shellCommand(args: readonly string[], system: NodeJS.Platform = platform()): string {
  return args.map((text) => (system === 'win32' ? quotedForWindows(text) : quoted(text))).join(' ');
}

/** The words that call this command again: `npx @medseg/trainer` where npx has called it, else its name. */
export function commandWords(env: NodeJS.ProcessEnv = process.env): string[] {
  const byNpx = env.npm_lifecycle_event === 'npx' && /^['"]?medseg\b/.test(env.npm_lifecycle_script ?? '');
  return byNpx ? ['npx', '@medseg/trainer'] : ['medseg'];
}

/** The command that resumes the run in a folder, with the backend of this process. */
export function resumeCommand(out: string): string {
  return shellCommand([...commandWords(), 'train', '--resume', '--out', out, ...backendArguments()]);
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function quotedForWindows(text: string): string {
  return /^[\w@+=:,./\\-]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`;
}
