import { basename, dirname, resolve } from 'node:path';
import { resultName } from '@medseg/pipeline';
import { fileKey } from '../terminal/file-key.ts';
import type { Failure } from './failure.ts';
import type { FoundInput } from './find-inputs.ts';

/** Something to segment, with the name of its results. */
export interface NamedInput extends FoundInput {
  readonly name: string;
  /** How messages name it. */
  readonly file: string;
}

/**
 * Names the results of each input after its first file. Where several would have one name, the folders that they are in
 * come before it: `p1_t1` and `p2_t1` of `p1/t1.nii.gz` and `p2/t1.nii.gz`. Of files of one folder that would have
 * one name, all but the first fail.
 */
export function nameInputs(inputs: readonly FoundInput[]): { inputs: NamedInput[]; failures: Failure[] } {
  const deepest = Math.max(0, ...inputs.map(({ files }) => foldersOf(files[0]!).length));
  const names = inputs.map(nameOf);
  for (let depth = 1; depth <= deepest; depth++) {
    const shared = sharedNames(names, inputs);
    if (shared.size === 0) break;
    for (const [i, name] of names.entries())
      if (shared.has(name)) {
        const input = inputs[i]!;
        names[i] = [...foldersOf(input.files[0]!).slice(-depth), nameOf(input)].join('_');
      }
  }
  const taken = new Map<string, string>();
  const named: NamedInput[] = [];
  const failures: Failure[] = [];
  for (const [i, input] of inputs.entries()) {
    const name = names[i]!;
    const file = input.files[0]!;
    const other = taken.get(fileKey(name));
    if (other === undefined) named.push({ ...input, name, file });
    else failures.push({ file, rule: `its results would overwrite those of ${other}; segment them into two folders` });
    taken.set(fileKey(name), other ?? file);
  }
  return { inputs: named, failures };
}

/** The names that occur in two folders; some file systems do not tell capitals from small letters. */
function sharedNames(names: readonly string[], inputs: readonly FoundInput[]): Set<string> {
  const folders = new Map<string, Set<string>>();
  for (const [i, name] of names.entries()) {
    const key = fileKey(name);
    folders.set(key, (folders.get(key) ?? new Set()).add(dirname(resolve(inputs[i]!.files[0]!))));
  }
  return new Set(names.filter((name) => folders.get(fileKey(name))!.size > 1));
}

function foldersOf(file: string): string[] {
  return dirname(resolve(file))
    .split(/[\\/]/)
    .filter((part) => part !== '');
}

/** As `resultName` says; a folder has its whole name. */
function nameOf({ files, isFolder }: FoundInput): string {
  const name = basename(resolve(files[0]!));
  return isFolder ? name : resultName(name);
}
