import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserCommand } from 'vitest/node';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A file as a page gets it. */
export interface SentFile {
  readonly name: string;
  readonly base64: string;
}

/** What the command made, for a page to make again. */
export interface TrainedRun {
  /** The files of the run folder that a page needs. */
  readonly run: readonly SentFile[];
  /** A validation case: its image and its mask. */
  readonly image: SentFile;
  readonly mask: SentFile;
  /** What `medseg segment` wrote of the image. */
  readonly results: readonly SentFile[];
  /** What `medseg evaluate --json` says of the case. */
  readonly scores: Readonly<Record<string, unknown>>;
}

let made: Promise<TrainedRun> | undefined;

/** Trains a small run with the built command, and segments and scores one of its validation cases with it; once. */
export const trainedRun: BrowserCommand<[]> = () => {
  made ??= makeRun();
  return made;
};

async function makeRun(): Promise<TrainedRun> {
  const folder = await mkdtemp(join(tmpdir(), 'medseg-browser-'));
  try {
    const at = (...parts: string[]): string => join(folder, ...parts);
    const tiny = [
      ...['data.imageSize=[16,16]', 'data.test=0', 'network.encoderChannels=[4,8]', 'network.denoiserChannels=[4,8]'],
      ...['network.encoderBlocks=1', 'network.timeChannels=8', 'network.heads=2', 'network.groups=2'],
      ...['training.batchSize=2', 'training.workers=1', 'training.validationCases=2'],
    ].flatMap((setting) => ['--set', setting]);
    const { writePhantom } = (await import(join(root, 'packages/datasets/dist/node.js'))) as {
      writePhantom(dir: string, options: object): Promise<void>;
    };
    await writePhantom(at('phantom'), { patients: 4, slicesPerPatient: 1, size: 32, seed: 1 });
    await medseg('train', '--data', at('phantom'), '--layout', 'lgg', '--steps', '30', '--out', at('run'), ...tiny);
    const single = ['--run', at('run'), '--workers', '1'];
    await medseg('evaluate', ...single, '--json', at('scores.json'));
    const { images } = JSON.parse(await readFile(at('scores.json'), 'utf8')) as { images: Record<string, unknown>[] };
    const scores = images[0]!;
    const files = await readdir(at('phantom'), { recursive: true });
    const image = files.find((file) => file.endsWith(`${scores.id}.tif`))!;
    await medseg('segment', at('phantom', image), ...single, '--out', at('masks'));
    const send = async (path: string, from: string): Promise<SentFile> => ({
      name: relative(from, path),
      base64: (await readFile(path)).toString('base64'),
    });
    return {
      run: await Promise.all(['run.json', 'model.safetensors'].map((name) => send(at('run', name), at('run')))),
      image: await send(at('phantom', image), at('phantom')),
      mask: await send(at('phantom', image.replace(/\.tif$/, '_mask.tif')), at('phantom')),
      results: await Promise.all(
        (await readdir(at('masks')))
          .filter((name) => name !== 'volumes.csv')
          .map((name) => send(at('masks', name), at('masks'))),
      ),
      scores,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function medseg(...args: string[]): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'apps/trainer/bin/medseg.js'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`medseg ${args[0]}: ${text}`))));
  });
}
