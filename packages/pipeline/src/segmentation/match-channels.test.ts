import { createImage, createVolume, type Image } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import { RunError } from '../errors.ts';
import type { Preparation } from '../run/preparation.ts';
import { matchChannels } from './match-channels.ts';

const image = (channels: number, data: number[], alpha = false): Image =>
  createImage({ width: data.length / channels, height: 1, channels, data: Uint8Array.from(data), alpha });
const photo: Preparation = { imageSize: [8, 8], normalization: { mode: 'photo' } };
const mri: Preparation = { imageSize: [8, 8], normalization: 'mri' };

describe('matchChannels', () => {
  it('leaves alone what fits, opacity not counted', () => {
    const rgba = image(4, [1, 2, 3, 255], true);
    expect(matchChannels('a', rgba, 3, photo)).toEqual({ scan: rgba });
  });

  it('repeats grey for a run on photographs, and says so', () => {
    const { scan, remark } = matchChannels('a', image(2, [7, 255, 9, 0], true), 3, {
      ...photo,
      normalization: 'photo',
    });
    expect(scan).toMatchObject({ channels: 3, width: 2, data: Uint8Array.of(7, 7, 7, 9, 9, 9) });
    expect('alpha' in scan).toBe(false);
    expect(remark).toBe('grey was repeated as red, green and blue');
  });

  it('does not make three sequences of one', () => {
    expect(() => matchChannels('a', image(1, [7]), 3, mri)).toThrow(RunError);
    expect(() => matchChannels('a', image(1, [7]), 3, mri)).toThrow(
      'a: the run was trained on images of 3 channels, got 1',
    );
  });

  it('takes colours as grey only where they are', () => {
    const { scan, remark } = matchChannels('a', image(3, [7, 7, 7, 9, 9, 9]), 1, mri);
    expect(scan).toMatchObject({ channels: 1, data: Uint8Array.of(7, 9) });
    expect(remark).toBe('equal red, green and blue were taken as grey');
    expect(() => matchChannels('a', image(3, [7, 7, 7, 9, 8, 9]), 1, mri)).toThrow('got 3 channels that differ');
  });

  it('counts the neighbours of slices of volumes', () => {
    const neighbours: Preparation = { ...mri, view: { neighbours: 1 } };
    const volume = createVolume({ size: [1, 1, 2], data: Float32Array.of(1, 2) });
    expect(matchChannels('a', volume, 3, neighbours)).toEqual({ scan: volume });
    const colours = createVolume({
      size: [1, 1, 2],
      channels: 3,
      data: Float32Array.of(1, 1, 1, Number.NaN, Number.NaN, Number.NaN),
    });
    expect(matchChannels('a', colours, 3, neighbours).scan.data).toEqual(Float32Array.of(1, Number.NaN));
    const two = createVolume({ size: [1, 1, 1], channels: 2, data: Float32Array.of(1, 2) });
    expect(() => matchChannels('a', two, 3, neighbours)).toThrow('trained on images of 3 channels, got 6');
  });
});
