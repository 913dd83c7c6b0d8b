import { listLgg } from '@medseg/datasets/node';
import { AnchoredDiffusion } from '@medseg/models';
import type { EnsembleOptions } from '@medseg/pipeline';
import { ANCHORED_PROCESS, type RunJob, runJobsWith } from '@medseg/pipeline';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTruths } from '../run/load-truth.ts';
import { smallPhantom, temporaryFolder } from '../run-cli.fixture.ts';
import { startBackend } from '../terminal/backend.ts';

const SIZE = [16, 16] as const;
const STEPS = 3;
const options: EnsembleOptions = {
  scheduler: 'ddim',
  steps: STEPS,
  members: 2,
  seed: 1,
  preparation: { imageSize: SIZE },
};

describe('runJobsWith', () => {
  const folder = temporaryFolder();
  let signsOf: (job: RunJob) => Promise<number>;

  beforeAll(async () => {
    await startBackend();
    const tiny = { encoderChannels: [4, 8], encoderBlocks: 1, denoiserChannels: [4, 8], timeChannels: 8 };
    const sizes = { imageSize: SIZE, imageChannels: 3, heads: 2, groups: 2, seed: 1 };
    const network = new AnchoredDiffusion({ ...sizes, ...tiny });
    const doJob = runJobsWith({ network, process: ANCHORED_PROCESS, activation: 'sigmoid' }, loadTruths);
    signsOf = async (job) => {
      let signs = 0;
      await doJob(job, () => void signs++);
      return signs;
    };
  });

  it('shows life after each step where it draws, and with each case besides where it evaluates', async () => {
    const inputs = ['a', 'b'].map((name) => ({ name, values: new Float32Array(16 * 16 * 3) }));
    expect(await signsOf({ kind: 'sample', inputs, options: { ...options, firstMember: 0, keepMembers: false } })).toBe(
      STEPS,
    );
    const { cases } = await listLgg(await smallPhantom(folder));
    const classNames = ['tumour'];
    const evaluate = { kind: 'evaluate', cases: cases.slice(0, 2), classNames, options } as const;
    expect(await signsOf(evaluate)).toBe(STEPS + 2); // both cases are drawn in one batch
  });
});
