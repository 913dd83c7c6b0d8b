import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { type Call, ERRORS, type ErrorCode, type Fault, VARIABLE, WATCH, type Watch } from './fault.ts';

// Preloaded into the command by --import: counts its calls to the file system that touch a folder, and at one of them ends
// the process, or lets the call fail as a disk would. Only functions that the packages of this repository use are watched.

type Anything = (this: unknown, ...args: unknown[]) => unknown;
type Functions = Record<string, Anything>;

let folder: string | undefined;
let fault: Fault | undefined;
let calls: Call[] = [];
/** A full disk stays full. */
let isFull = false;

/** Files that are open, by descriptor or handle. */
const openFiles = new Map<unknown, string>();

const GROWING = /^(open|writeFile|appendFile|write|mkdir|link|copyFile)/;
const CHANGING = /^(writeFile|appendFile|write|rename|unlink|rm|rmdir|mkdir|link|copyFile|truncate)(Sync)?$/;
const OPENING = /^(open|writeFile|appendFile|readFile|copyFile|readdir)/;
const OF_HANDLES = /^(writeFile|write|writeSync|readFile|read|sync|datasync|close|closeSync|fsyncSync|truncate)$/;

function pathOf(value: unknown): string | undefined {
  if (value instanceof URL) return fileURLToPath(value);
  if (typeof value === 'string') return resolve(value);
  return openFiles.get(value);
}

function isInside(path: string): boolean {
  return folder !== undefined && (path === folder || path.startsWith(folder + sep));
}

function describe(name: string, paths: readonly string[], args: readonly unknown[], ofHandle: boolean): Call {
  const creates = name.startsWith('open') && /[wax+]/.test(String(args[1] ?? 'r'));
  const reads = /^(read|stat|lstat|realpath)/.test(name) || (name.startsWith('open') && !creates);
  const errors: ErrorCode[] = ['EIO'];
  if (!ofHandle) errors.push('EACCES');
  if (OPENING.test(name) && !ofHandle) errors.push('EMFILE');
  if (!reads && (GROWING.test(name) || /sync$/i.test(name.replace(/Sync$/, '')))) errors.push('ENOSPC');
  return {
    name,
    path: paths.at(-1)!,
    changes: CHANGING.test(name) || creates,
    writes: /^(writeFile|appendFile|write)(Sync)?$/.test(name),
    errors,
  };
}

function failure(code: ErrorCode, { name, path }: Call, ofHandle: boolean): Error {
  const syscall = name.replace(/Sync$|File$/g, '').replace('appendFile', 'write');
  const where = ofHandle ? '' : ` '${path}'`;
  const error = new Error(`${code}: ${ERRORS[code]}, ${syscall}${where}`);
  return Object.assign(error, { errno: -1, code, syscall, ...(!ofHandle && { path }) });
}

/** What is to happen at a call; undefined: what always does. */
function faultAt(call: Call, number: number): Fault | undefined {
  if (fault?.at === number) return fault;
  if (isFull && call.errors.includes('ENOSPC')) return { at: number, action: 'ENOSPC' };
  return undefined;
}

function end(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal);
  // SIGKILL ends the process here; anything else is heard when the event loop has its turn.
  if (signal === 'SIGKILL') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** The same call with half of what it writes. */
function halved(name: string, args: readonly unknown[], ofHandle: boolean): unknown[] {
  const at = ofHandle && !name.endsWith('Sync') ? 0 : 1;
  const data = args[at];
  const bytes = typeof data === 'string' ? Buffer.from(data) : (data as Uint8Array);
  return args.map((arg, i) => (i === at ? bytes.subarray(0, Math.floor(bytes.length / 2)) : arg));
}

/** Puts a watched function in the place of each one of an object. */
function watchAll(target: Functions, names: readonly string[], { isAsync = false, ofHandle = false }): void {
  for (const name of names) {
    const original = target[name]!;
    target[name] = function (this: unknown, ...args: unknown[]): unknown {
      const subjects =
        ofHandle && isAsync ? [this] : /^(rename|link|copyFile)/.test(name) ? args.slice(0, 2) : [args[0]];
      const paths = subjects.map(pathOf).filter((path) => path !== undefined);
      if (!paths.some(isInside)) return original.apply(this, args);
      const call = describe(name, paths, args, ofHandle);
      calls.push(call);
      const happening = faultAt(call, calls.length);
      if (happening === undefined) return remember(name, subjects[0], paths[0]!, original.apply(this, args));
      const { action, half = false } = happening;
      const go = (): unknown => remember(name, subjects[0], paths[0]!, original.apply(this, args));
      if (!(action in ERRORS)) {
        if (!half) end(action as NodeJS.Signals);
        if (half && action === 'SIGKILL') {
          const written = original.apply(this, halved(name, args, ofHandle));
          if (!(written instanceof Promise)) end(action);
          else return written.then(() => end(action));
        }
        if (half) end(action as NodeJS.Signals);
        return go();
      }
      if (action === 'ENOSPC') isFull = true;
      const error = failure(action as ErrorCode, call, ofHandle);
      const written = half && call.writes ? original.apply(this, halved(name, args, ofHandle)) : undefined;
      if (name === 'close') void original.apply(this, args); // a file whose close fails is closed
      if (isAsync) return Promise.resolve(written).then(() => Promise.reject(error));
      throw error;
    };
  }
}

/** Notes which file a descriptor or a handle is of. */
function remember(name: string, subject: unknown, path: string, result: unknown): unknown {
  if (name === 'close' || name === 'closeSync') openFiles.delete(subject);
  if (name === 'openSync') openFiles.set(result, path);
  if (name === 'open' && result instanceof Promise) {
    return result.then((handle) => {
      openFiles.set(handle, path);
      return handle as unknown;
    });
  }
  return result;
}

if (isMainThread) {
  const handle = await fs.promises.open(tmpdir(), 'r');
  const ofHandle = Object.getPrototypeOf(handle) as Functions;
  await handle.close();
  const paths = 'open writeFile appendFile readFile rename unlink rm rmdir mkdir link copyFile stat readdir'.split(' ');
  watchAll(
    fs as unknown as Functions,
    paths.map((name) => `${name}Sync`),
    {},
  );
  watchAll(fs as unknown as Functions, ['writeSync', 'closeSync', 'fsyncSync'], { ofHandle: true });
  watchAll(fs.promises as unknown as Functions, paths, { isAsync: true });
  watchAll(
    ofHandle,
    Object.getOwnPropertyNames(ofHandle).filter((name) => OF_HANDLES.test(name)),
    { isAsync: true, ofHandle: true },
  );
  syncBuiltinESMExports();
  const watch: Watch = {
    begin: (place, happening) => {
      [folder, fault, calls, isFull] = [resolve(place), happening, [], false];
    },
    end: () => {
      const made = calls;
      [folder, fault, calls, isFull] = [undefined, undefined, [], false];
      return made;
    },
  };
  Object.assign(globalThis, { [WATCH]: watch });
  const asked = process.env[VARIABLE];
  if (asked !== undefined) {
    const { folder: place, fault: happening } = JSON.parse(asked) as { folder: string; fault: Fault };
    watch.begin(place, happening);
  }
}
