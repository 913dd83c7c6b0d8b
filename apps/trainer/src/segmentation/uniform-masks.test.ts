import { expect, it } from 'vitest';
import { watchMasks } from './uniform-masks.ts';

/** What is said of masks of 16 pixels, from the sizes of their classes. */
function noteOf(...masks: Record<string, number>[]): string | undefined {
  const watch = watchMasks();
  for (const mask of masks)
    watch.add(
      Object.entries(mask).map(([name, voxels]) => ({ name, voxels, ml: undefined })),
      16,
    );
  return watch.note();
}

it('names masks that are all empty', () => {
  expect(noteOf({ lesion: 0 })).toBe(
    'the mask is empty: no lesion was found; a network that has learned nothing draws such masks too',
  );
  expect(noteOf({ disc: 0, cup: 0 }, { disc: 0, cup: 0 })).toBe(
    'every mask of 2 files is empty: no disc or cup was found; a network that has learned nothing draws such masks too',
  );
  expect(noteOf({ lesion: 0 }, { lesion: 1 }, { lesion: 0 })).toBeUndefined();
  expect(noteOf({ disc: 0, cup: 1 })).toBeUndefined();
});

it('names masks that are all one class from border to border', () => {
  expect(noteOf({ lesion: 16 })).toBe('the mask is lesion from border to border');
  expect(noteOf({ disc: 0, cup: 16 }, { disc: 0, cup: 16 })).toBe('every mask of 2 files is cup from border to border');
  expect(noteOf({ disc: 0, cup: 16 }, { disc: 16, cup: 0 })).toBeUndefined();
  expect(noteOf({ lesion: 16 }, { lesion: 15 })).toBeUndefined();
  expect(noteOf({ lesion: 15 }, { lesion: 16 })).toBeUndefined();
  expect(noteOf({ lesion: 0 }, { lesion: 16 })).toBeUndefined();
});

it('says nothing of no mask', () => {
  expect(noteOf()).toBeUndefined();
});
