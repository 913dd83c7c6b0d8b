import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writePhantom } from '@medseg/datasets/node';
import { createRandom } from '@medseg/random';
import { busyLoops } from './process/busy-loops.ts';

// Interrupts trainings at random moments while other processes keep every core busy: each must end in time with its
// message, and resume to the same bits. `npm run bench -- interrupts [--trainings 50] [--workers 2] [--load N]`

const { values } = parseArgs({
  options: {
    trainings: { type: 'string', default: '50' },
    workers: { type: 'string', default: '2' },
    load: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string', default: '1' },
  },
});
const [trainings, load] = [Number(values.trainings), Number(values.load)];
/** Seconds from the signal to the end of the process. */
const LIMIT = 10;
const STEPS = 60;
const bin = fileURLToPath(new URL('../../apps/trainer/bin/medseg.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'medseg-interrupts-'));
const data = join(folder, 'phantom');
const network = 'encoderChannels=[8,16] encoderBlocks=1 denoiserChannels=[8,16] timeChannels=16 heads=2 groups=4'.split(
  ' ',
);
const settings = [
  'data.imageSize=[32,32]',
  'training.batchSize=4',
  'training.validations=3',
  'training.validationCases=4',
  'training.checkpointSeconds=1',
  ...network.map((setting) => `network.${setting}`),
].flatMap((setting) => ['--set', setting]);

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly text: string;
  /** Seconds from the start to the end of the process. */
  readonly seconds: number;
  /** Seconds from the interrupt to the end of the process. */
  readonly sinceInterrupt: number;
}

function train(out: string, more: string[], interruptAfter?: number): Promise<Ended> {
  const started = performance.now();
  let interrupted = Number.NaN;
  const child = spawn(process.execPath, [bin, 'train', '--out', out, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const timers: NodeJS.Timeout[] = [];
  if (interruptAfter !== undefined) {
    timers.push(
      setTimeout(() => {
        interrupted = performance.now();
        child.kill('SIGINT');
        // One that hangs is ended, to go on with the others.
        timers.push(setTimeout(() => child.kill('SIGKILL'), 1000 * 6 * LIMIT));
      }, interruptAfter),
    );
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const timer of timers) clearTimeout(timer);
      const now = performance.now();
      resolve({ code, signal, text, seconds: (now - started) / 1000, sinceInterrupt: (now - interrupted) / 1000 });
    });
  });
}

function kindOf(
  { code }: Ended,
  { began, unheard, message }: { began: boolean; unheard: boolean; message: string },
): string {
  if (code === 0) return 'finished';
  if (unheard) return 'before Node ran the command';
  return began ? message.replace(/\d+/, 'N') : 'before training began';
}

const newRun = ['--data', data, '--layout', 'lgg', '--steps', String(STEPS), '--seed', '3'];
const firstRun = [...newRun, '--workers', values.workers, ...settings];

/** All that training decided: losses and weights. */
function resultOf(out: string): string {
  const losses = readFileSync(join(out, 'metrics.jsonl'), 'utf8').replaceAll(/"seconds":[\d.]+,?/g, '');
  return losses + readFileSync(join(out, 'model.safetensors')).toString('base64');
}

const MESSAGE = /stopped after step \d+; resume with|medseg: stopped/;
let failures = 0;
const fail = (text: string): void => {
  failures++;
  console.log(`  FAIL ${text}`);
};

let endLoops = (): void => {};
try {
  mkdirSync(folder, { recursive: true });
  await writePhantom(data, { patients: 10, slicesPerPatient: 2, size: 48, seed: 1 });
  const whole = await train(join(folder, 'whole'), firstRun);
  if (whole.code !== 0) throw new Error(`the training that is compared with failed:\n${whole.text}`);
  const expected = resultOf(join(folder, 'whole'));
  endLoops = busyLoops(load);
  const random = createRandom(Number(values.seed));
  const slowed = await train(join(folder, 'slowed'), firstRun);
  if (resultOf(join(folder, 'slowed')) !== expected) fail('an undisturbed training under load has other numbers');
  console.log(
    `${STEPS} steps: ${whole.seconds.toFixed(1)} s alone, ${slowed.seconds.toFixed(1)} s beside ${load} busy loops; ${trainings} trainings interrupted`,
  );
  const times: number[] = [];
  const kinds = new Map<string, number>();
  for (let n = 0; n < trainings; n++) {
    const out = join(folder, `run-${n}`);
    const after = 1000 * slowed.seconds * random.uniform();
    const ended = await train(out, firstRun, after);
    const began = existsSync(join(out, 'run.json'));
    const message = MESSAGE.exec(ended.text)?.[0] ?? (ended.code === 0 ? 'finished before' : 'no message');
    // In the first tens of milliseconds the signal ends Node itself: no program can hear it, and nothing has been written.
    const unheard = ended.signal === 'SIGINT' && ended.text === '' && !existsSync(out);
    const kind = kindOf(ended, { began, unheard, message });
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const where = `training ${n}, interrupted after ${(after / 1000).toFixed(2)} s`;
    if (!Number.isNaN(ended.sinceInterrupt) && !unheard) {
      times.push(ended.sinceInterrupt);
      if (ended.sinceInterrupt > LIMIT) fail(`${where}: took ${ended.sinceInterrupt.toFixed(1)} s to end`);
      if (ended.code !== 0 && ended.code !== 130) fail(`${where}: exit code ${ended.code}, signal ${ended.signal}`);
      if (message === 'no message') fail(`${where}: no message:\n${ended.text}`);
    }
    if (ended.code !== 0) {
      const resumed = await train(out, began ? ['--resume'] : firstRun);
      if (resumed.code !== 0) fail(`${where}: resuming failed:\n${resumed.text}`);
    }
    if (existsSync(join(out, 'model.safetensors')) && resultOf(out) !== expected) fail(`${where}: other numbers`);
    rmSync(out, { recursive: true, force: true });
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] ?? Number.NaN).toFixed(1);
  console.log(`from the interrupt to the end: median ${at(0.5)} s, longest ${at(1)} s (limit ${LIMIT})`);
  for (const [kind, count] of [...kinds].sort()) console.log(`  ${String(count).padStart(3)} ${kind}`);
  console.log(failures === 0 ? 'ok' : `${failures} failures`);
} finally {
  endLoops();
  if (failures > 0 && process.env.KEEP) cpSync(folder, process.env.KEEP, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
