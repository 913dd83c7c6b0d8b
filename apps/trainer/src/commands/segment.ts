import { existsSync, mkdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { createImage, encodePng } from '@medseg/image-io';
import { readImage, writeFileAtomic } from '@medseg/image-io/node';
import { startBackend } from '../backend.ts';
import { type EnsembleOptions, segmentOriginals } from '../evaluate-cases.ts';
import { threshold, toImageSize } from '../evaluation/map-to-mask.ts';
import { loadNetwork } from '../network.ts';
import { output } from '../output.ts';
import { createProgress } from '../progress.ts';
import type { RunFolder } from '../run-folder.ts';
import { UserError } from '../user-error.ts';

/** Segments image files and writes `<name>_mask.png`, `<name>_probability.png` and `<name>_uncertainty.png` for each. */
export async function segmentFiles(
  run: RunFolder,
  files: readonly string[],
  out: string,
  options: EnsembleOptions,
): Promise<void> {
  const names = outputNames(files);
  // Every file is read before anything is written: a bad one leaves nothing half done.
  const images = await Promise.all(files.map((file) => readImage(file)));
  await startBackend();
  const network = await loadNetwork(run);
  const progress = createProgress('segmenting');
  for (const [i, image] of images.entries()) {
    const [segmentation] = await segmentOriginals(network, [{ id: names[i]!, image }], options);
    const { width, height } = image;
    const probability = toImageSize(segmentation!.probability, segmentation!, image);
    const uncertainty = toImageSize(segmentation!.uncertainty, segmentation!, image);
    const maps: [string, Uint8Array | Uint16Array][] = [
      ['mask', threshold(probability).map((v) => v * 255)],
      ['probability', Uint16Array.from(probability, (v) => Math.round(v * 65535))],
      ['uncertainty', Uint16Array.from(uncertainty, (v) => Math.round(v * 65535))],
    ];
    mkdirSync(out, { recursive: true });
    for (const [what, data] of maps) {
      await writeFileAtomic(
        join(out, `${names[i]}_${what}.png`),
        encodePng(createImage({ width, height, channels: 1, data })),
      );
    }
    progress.update((i + 1) / images.length, `${i + 1} of ${images.length}`);
  }
  progress.stop();
  network.dispose();
  output.result(
    `wrote mask, probability and uncertainty of ${images.length} image${images.length === 1 ? '' : 's'} to ${out}`,
  );
}

function outputNames(files: readonly string[]): string[] {
  const seen = new Map<string, string>();
  return files.map((file) => {
    if (!existsSync(file)) throw new UserError(`${file}: no such file`);
    const name = basename(file, extname(file));
    const other = seen.get(name);
    if (other !== undefined)
      throw new UserError(`${file}: its results would overwrite those of ${other}; segment them into two folders`);
    seen.set(name, file);
    return name;
  });
}
