import { register } from '@medseg/backend-wasm';
import { cosineSchedule } from '@medseg/diffusion';
import { AnchoredDiffusion } from '@medseg/models';
import { decodeSafetensors, encodeSafetensors, FormatError } from '@medseg/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import '@medseg/test-support';
import { encodeCheckpoint, restoreCheckpoint } from './checkpoint.ts';
import { encodeModel, loadModel } from './model-file.ts';
import { anchoredRecipe } from './phases/anchored-recipe.ts';
import { smallTrainer } from './small-trainer.fixture.ts';
import { Trainer } from './trainer.ts';

beforeAll(() => register());

describe('restoreCheckpoint', () => {
  it('refuses a file of another kind', () => {
    const other = encodeSafetensors(new Map(), { format: 'something' });
    expect(() => restoreCheckpoint(smallTrainer(), other, 'last.safetensors')).toThrow(
      /^last.safetensors: not a checkpoint.*got something/,
    );
  });

  it('refuses a checkpoint of another network and changes nothing', () => {
    const network = new AnchoredDiffusion({ imageSize: [16, 16], encoderBlocks: 1 });
    const other = new Trainer(anchoredRecipe(network, { schedule: cosineSchedule() }), { seed: 1 });
    const trainer = smallTrainer();
    const before = trainer.model.encoderVariables().get('stem.weight')!.dataSync().join();
    expect(() => restoreCheckpoint(trainer, encodeCheckpoint(other), 'a')).toThrow(FormatError);
    expect(trainer.model.encoderVariables().get('stem.weight')!.dataSync().join()).toBe(before);
  });

  it('refuses a truncated file', () => {
    const bytes = encodeCheckpoint(smallTrainer());
    expect(() => restoreCheckpoint(smallTrainer(), bytes.subarray(0, bytes.length - 10), 'a')).toThrow(FormatError);
  });
});

describe('loadModel', () => {
  it('loads the averaged weights', () => {
    const trainer = smallTrainer(1);
    const model = smallTrainer(2).model;
    loadModel(model, encodeModel(trainer));
    for (const [name, average] of trainer.learners.get('encoder')!.average.values()) {
      expect([...model.encoderVariables().get(name)!.dataSync()], name).toEqual([...average.dataSync()]);
    }
  });

  it('refuses a checkpoint', () => {
    expect(() => loadModel(smallTrainer().model, encodeCheckpoint(smallTrainer()), 'x')).toThrow(
      /x: not a model of this program/,
    );
  });
});

describe('the checksum of a checkpoint', () => {
  it('finds every bit that is changed, wherever it is', () => {
    const bytes = encodeCheckpoint(smallTrainer(1), { note: '"checksum":"00000000"' });
    const trainer = smallTrainer(2);
    expect(() => restoreCheckpoint(trainer, bytes, 'a')).not.toThrow();
    for (let at = 0; at < bytes.length; at += 1 + (at % 997)) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << (at % 8);
      expect(() => restoreCheckpoint(trainer, changed, 'a'), `byte ${at}`).toThrow(FormatError);
    }
    const one = bytes.slice();
    one[bytes.length - 5]! ^= 1;
    expect(() => restoreCheckpoint(trainer, one, 'a')).toThrow(
      'a: not as it was written: its checksum does not fit its content',
    );
  });

  it('is not asked of earlier versions, whose numbers are', () => {
    const earlier = (metadata: Record<string, string>): Uint8Array => {
      const { tensors, metadata: own } = decodeSafetensors(encodeCheckpoint(smallTrainer(1)));
      const { checksum: _, ...rest } = own;
      return encodeSafetensors(tensors, { ...rest, format: 'medseg-checkpoint-1', ...metadata });
    };
    expect(() => restoreCheckpoint(smallTrainer(), earlier({}), 'a')).not.toThrow();
    for (const progress of ['', '{}', 'null', '{"step":-1}', '[1', '{"step":1,"phase":"other"}'])
      expect(() => restoreCheckpoint(smallTrainer(), earlier({ progress }), 'a')).toThrow(
        'a: not a checkpoint of this program: its progress cannot be read',
      );
    expect(() => restoreCheckpoint(smallTrainer(), earlier({ updates: '{"encoder":1}' }), 'a')).toThrow(
      'its updates cannot be read',
    );
  });
});
