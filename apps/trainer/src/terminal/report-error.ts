import { NativeError, outOfMemory as nativeOutOfMemory } from '@medseg/backend-native';
import { DataError } from '@medseg/datasets';
import { FormatError as ImageFormatError } from '@medseg/image-io';
import { ConfigError, RunError } from '@medseg/pipeline';
import { NonFiniteError } from '@medseg/training';
import { FormatError as WeightsFormatError } from '@medseg/weights';
import { CommanderError } from 'commander';
import { fileSystemRule } from './file-system-rules.ts';
import { InterruptedError } from './interrupt.ts';
import { outOfMemory } from './out-of-memory.ts';
import { output } from './output.ts';
import { hintOf, UserError } from './user-error.ts';

/** Errors whose message is meant for the user. */
export function isForUser(error: unknown): error is Error {
  return [
    UserError,
    RunError,
    ConfigError,
    NativeError,
    DataError,
    ImageFormatError,
    WeightsFormatError,
    NonFiniteError,
  ].some((type) => error instanceof type);
}

/** What a command that draws masks can be asked to do with less memory. */
function lessMemory(error: unknown): string {
  const isNative = nativeOutOfMemory(error) !== undefined;
  return `; less is needed with fewer --workers${isNative ? ', fewer --members, or --backend wasm' : ' or fewer --members'}`;
}

/** Says what an error means for the user, and returns the exit code of the command that it has ended. */
export function reportError(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said why
  if (error instanceof InterruptedError) {
    output.remark(`medseg: ${error.message}${hintOf(error) === undefined ? '' : `; ${hintOf(error)}`}`);
    return 130;
  }
  const system = fileSystemRule(error);
  const hint = hintOf(error) === undefined ? '' : `; ${hintOf(error)}`;
  const memory = outOfMemory(error);
  if (memory !== undefined) output.remark(`medseg: ${memory}${hint || lessMemory(error)}`);
  else if (error instanceof NativeError) output.remark(`medseg: ${error.message}${hint}`.split('\n'));
  else if (isForUser(error)) output.remark(`medseg: ${error.message}${hint}`);
  else if (system) output.remark(`medseg: ${system.path}: ${system.rule}${hint}`);
  else
    output.remark([
      `medseg: internal error, please report it${hint}`,
      ...`${(error as Error).stack ?? error}`.split('\n'),
    ]);
  if (error instanceof ConfigError) return 2;
  return error instanceof UserError ? error.exitCode : 1;
}
