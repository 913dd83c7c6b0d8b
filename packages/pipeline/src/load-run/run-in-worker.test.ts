import { FormatError } from '@medseg/image-io';
import { startBackend } from '@medseg/test-support';
import { localEndpoint } from '@medseg/test-support/local-endpoint';
import { beforeAll, describe, expect, it } from 'vitest';
import { RunError } from '../errors.ts';
import type { RunStore } from '../run/store.ts';
import { loadRun } from './load-run.ts';
import type { LoadedRun } from './loaded-run.ts';
import { serveRun } from './serve-run.ts';
import { smallImage, smallRun } from './small-run.fixture.ts';

let store: RunStore;
let run: LoadedRun;
let worker: ReturnType<typeof localEndpoint>;
const image = smallImage();
const start = (): ReturnType<typeof localEndpoint> =>
  localEndpoint((port) => void serveRun(port, () => startBackend('wasm')));

beforeAll(async () => {
  await startBackend('wasm');
  store = await smallRun();
  worker = start();
  run = await loadRun(store, { worker });
});

describe('a run in a worker', () => {
  it('segments as on this thread, with progress, several at once', async () => {
    const here = await loadRun(store);
    const expected = await here.segment(image, { files: true });
    await here.dispose();
    const shares: number[] = [];
    const [first, second] = await Promise.all([
      run.segment(image, { files: true, onProgress: (share) => void shares.push(share) }),
      run.segment(image, { name: 'other' }),
    ]);
    expect(first).toEqual(expected);
    expect(second!.probability).not.toEqual(expected.probability);
    expect(shares).toEqual([1 / 3, 2 / 3, 1]);
    expect([run.name, run.classes]).toEqual(['mine', ['tumour']]);
  });

  it('stops before the next step, and can be asked again', async () => {
    const abort = new AbortController();
    let steps = 0;
    const stopped = run.segment(image, {
      samplingSteps: 50,
      signal: abort.signal,
      onProgress: () => {
        if (++steps === 2) abort.abort(new Error('enough'));
      },
    });
    const queued = run.segment(image, { signal: abort.signal });
    await expect(stopped).rejects.toThrow('enough');
    await expect(queued).rejects.toThrow('enough');
    await expect(run.segment(image, { signal: abort.signal })).rejects.toThrow('enough');
    expect(steps).toBeLessThan(6); // messages take turns of the same event loop here
    expect((await run.segment(image)).mask).toHaveLength(480);
  });

  it('throws what the work threw, of its own class', async () => {
    await expect(run.segment({ ...image, bytes: image.bytes.slice(0, 60) })).rejects.toThrow(FormatError);
    await expect(run.segment(image, { members: 0 })).rejects.toThrow(RangeError);
    await expect(run.segment([image, image])).rejects.toThrow(RunError);
    const unclonable = run.segment(image, { name: (() => '') as never });
    await expect(unclonable).rejects.toThrow(/could not be cloned/);
  });

  it('says why the worker gives no answer', async () => {
    const running = run.segment(image, { samplingSteps: 1000 });
    worker.kill('power cut');
    await expect(running).rejects.toThrow('mine: the worker gave no answer: power cut');
    await expect(run.segment(image)).rejects.toThrow('mine: the worker gave no answer: power cut');
    await run.dispose();
    const failing = localEndpoint(
      (port) =>
        void serveRun(port, () => {
          throw new Error('no backend here');
        }),
    );
    await expect(loadRun(store, { worker: failing })).rejects.toThrow(
      'mine: the worker gave no answer: no backend here',
    );
    const silent = localEndpoint(() => {});
    await expect(loadRun(store, { worker: silent, patience: 200 })).rejects.toThrow(/no sign of life within 0.2 s/);
  });
});
