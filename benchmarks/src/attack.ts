import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { writePhantom } from '@medseg/datasets/node';
import { createRandom, type Random } from '@medseg/random';
import { OutputTarget } from './attack/outputs.ts';
import { type Attempt, type Outcome, Tally } from './attack/tally.ts';
import { TrainingTarget } from './attack/training.ts';
import { busyLoops } from './process/busy-loops.ts';

// Kills the command at random moments and at its calls to the file system, and lets such calls fail: every training must
// end, or be resumed or begun again to the same bits; every other output must be whole or absent; nothing may be left.
// `npm run attack [-- --kills 200 --seed 1 --workers 0,1,2 --busy --only BEGINNING --keep FOLDER --import MODULE]`
// Half of the attempts have busy loops beside them; with --busy all. --only repeats one attempt, or those of one command, by
// how it is called after FAIL; --keep keeps what they have left. --import loads a module into the command, to see what the
// attack finds of it.

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '0,1,2' },
    busy: { type: 'boolean' },
    only: { type: 'string' },
    import: { type: 'string' },
    keep: { type: 'string' },
  },
});
const kills = Number(values.kills);
const workers = values.workers.split(',').map(Number);
if (!Number.isInteger(kills) || kills < 1)
  throw new RangeError(`attack: --kills must be 1 or more, got ${values.kills}`);
if (!workers.every((count) => Number.isInteger(count) && count >= 0))
  throw new RangeError(`attack: --workers must be numbers of threads such as 0,1,2, got ${values.workers}`);
/** Of all failing calls and of all calls of the other commands, as many as 200 kills need: all of them. */
const share = Math.min(1, kills / 200);

const { only } = values;
const modules = values.import === undefined ? [] : [pathToFileURL(values.import).href];

const folder = mkdtempSync(join(tmpdir(), 'medseg-attack-'));
const pick = <T>(from: readonly T[], count: number, random: Random): T[] =>
  random
    .permutation(from.length)
    .slice(0, count)
    .map((i) => from[i]!);
const some = (attempts: Attempt[], random: Random): Attempt[] =>
  pick(attempts, Math.ceil(share * attempts.length), random);

interface Target {
  keep(to: string): void;
  close(): Promise<void>;
}

const random = createRandom(Number(values.seed));
const tally = new Tally();
const started = performance.now();
const attempts: [Target, Attempt][] = [];
const targets: Target[] = [];
let endLoops: (() => void) | undefined;
let isStopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (isStopped = true));
try {
  const data = join(folder, 'phantom');
  await writePhantom(data, { patients: 6, slicesPerPatient: 1, size: 32, seed: 1 });
  if (only === undefined || only.startsWith('train')) {
    const atCalls: [Target, Attempt][] = [];
    for (const [i, threads] of workers.entries()) {
      const stream = random.fork(`threads ${i}`);
      const target = new TrainingTarget(join(folder, `threads-${i}`), data, threads, modules);
      targets.push(target);
      await target.prepare();
      atCalls.push(...target.killsAtCalls(stream).map((attempt): [Target, Attempt] => [target, attempt]));
      const moments = target.killsAtMoments(Math.ceil(kills / 2 / workers.length), stream);
      // The calls of one training are those of the others.
      const failures = i === 0 ? some(target.failures(stream), stream) : [];
      for (const attempt of [...moments, ...failures]) attempts.push([target, attempt]);
    }
    attempts.push(...pick(atCalls, Math.floor(kills / 2), random));
  }
  if (only === undefined || !only.startsWith('train')) {
    const stream = random.fork('outputs');
    const target = new OutputTarget(join(folder, 'outputs'), data, modules);
    targets.push(target);
    await target.prepare();
    const chosen = [...some(target.kills(stream), stream), ...some(target.failures(stream), stream)];
    for (const attempt of chosen) attempts.push([target, attempt]);
  }

  const chosen = attempts.filter(([, { id }]) => only === undefined || id.startsWith(only));
  const isBusy = ([, attempt]: [Target, Attempt]): boolean => values.busy === true || attempt.busy;
  const order = [...chosen.filter((each) => !isBusy(each)), ...chosen.filter(isBusy)];
  console.log(
    `${order.length} attempts with seed ${values.seed}; ${((performance.now() - started) / 1000).toFixed(0)} s to prepare`,
  );
  for (const each of order) {
    if (isStopped) break;
    const [target, attempt] = each;
    if (isBusy(each)) endLoops ??= busyLoops(availableParallelism());
    const outcome = await attempt
      .run()
      .catch((error: Error): Outcome => ({ end: 'ended', problems: [`${error.stack}`] }));
    if (isStopped) break; // the processes of the attempt may have been sent the signal as well
    tally.add(attempt.kind, outcome);
    if (outcome.problems.length === 0) continue;
    console.log(
      `FAIL ${attempt.id}${isBusy(each) ? ', busy' : ''}\n  ${outcome.problems.join('\n').replaceAll('\n', '\n  ')}`,
    );
    if (values.keep !== undefined) {
      mkdirSync(values.keep, { recursive: true });
      target.keep(join(values.keep, String(tally.failures)));
    }
  }
} catch (error) {
  if (values.keep !== undefined) cpSync(folder, values.keep, { recursive: true });
  throw error;
} finally {
  endLoops?.();
  for (const target of targets) await target.close();
  rmSync(folder, { recursive: true, force: true });
}
for (const line of tally.lines()) console.log(line);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
if (isStopped) console.log(`stopped after ${seconds} s`);
else if (tally.failures === 0) console.log(`ok, in ${seconds} s`);
if (tally.failures > 0) {
  console.log(`${tally.failures} failures, in ${seconds} s; one alone:`);
  console.log(
    `  npm run attack -- --kills ${kills} --seed ${values.seed} --workers ${values.workers} --only 'WHAT FAILED'`,
  );
}
process.exitCode = tally.failures > 0 ? 1 : isStopped ? 130 : 0;
