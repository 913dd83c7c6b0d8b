import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import type { ReferenceOptions } from './infer-options.ts';
import type { NamedArray } from './safetensors-dtype.ts';

/** What the shapes in an official state dict do not tell; upstream's own training command gives these defaults. */
export interface UnseenOfficialOptions {
  /** Heads of attention; by default 1. */
  heads?: number;
  /** Side of the images; by default 256. V1's maps tell it themselves. */
  imageSize?: number;
  /** Whether all queries come first; by default false. It matters where there is more than one head. */
  newAttentionOrder?: boolean;
}

const unseenOfficialOptionNames: OptionNames<UnseenOfficialOptions> = {
  heads: true,
  imageSize: true,
  newAttentionOrder: true,
};

/**
 * The options that a checkpoint of SuperMedIntel/MedSegDiff was built with, read from its names and shapes; for
 * `officialOptions` of `@medseg/models`. `version` is `v1` or `new`. A prefix before all names is found by itself. Throws
 * RangeError where it is no such checkpoint, naming what is missing.
 *
 * @example const network = new OfficialNew(officialOptions(inferOfficialOptions(tensors, { imageSize: 64 })));
 */
export function inferOfficialOptions(
  tensors: ReadonlyMap<string, NamedArray>,
  options: UnseenOfficialOptions = {},
): ReferenceOptions {
  requireObject('inferOfficialOptions: tensors', tensors, ['get', 'size']);
  requireOptions('inferOfficialOptions', options, unseenOfficialOptionNames);
  const { heads = 1, imageSize = 256, newAttentionOrder = false } = options;
  const first = 'input_blocks.0.0.weight';
  const prefix = [...tensors.keys()].find((name) => name.endsWith(first))?.slice(0, -first.length) ?? '';
  const has = (name: string): boolean => tensors.has(prefix + name);
  const shape = (name: string): readonly number[] => {
    const found = tensors.get(prefix + name);
    if (found === undefined)
      throw new RangeError(`inferOfficialOptions: the checkpoint must have ${name}, and has not`);
    return found.shape;
  };
  const [channels, imageAndMask] = shape(first) as [number, number];
  const inputs = indices(tensors, `${prefix}input_blocks.`);
  const total = indices(tensors, `${prefix}output_blocks.`).size; // as many as ways down, levels x (blocks + 1)
  const every = Array.from({ length: total }, (_, i) => i);
  const resamplingBlocks = every.filter((i) => [1, 2].some((k) => has(`output_blocks.${i}.${k}.in_layers.0.weight`)));
  const convolutions = every.filter((i) => has(`input_blocks.${i}.0.op.weight`)).length;
  const poolings = every.filter((i) => !inputs.has(i)).length;
  const levels = 1 + Math.max(resamplingBlocks.length, convolutions, poolings);
  const blocks = total / levels - 1;
  if (!Number.isInteger(blocks) || blocks < 0) {
    throw new RangeError(`inferOfficialOptions: output_blocks must be a multiple of ${levels} levels, got ${total}`);
  }
  // The way up, for on the way down a network without residual blocks has none at the size of a level.
  const starts = Array.from({ length: levels }, (_, level) => `output_blocks.${(levels - 1 - level) * (blocks + 1)}`);
  const widths = starts.map((start) => shape(`${start}.0.in_layers.2.weight`)[0]!);
  const v1 = has('hwm.ffparser.0.complex_weight');
  return {
    version: v1 ? 'v1' : 'new',
    image_size: v1 ? 2 * shape('hwm.ffparser.0.complex_weight')[1]! : imageSize,
    in_channels: imageAndMask,
    model_channels: channels,
    out_channels: shape('out.2.weight')[0]!,
    num_res_blocks: blocks,
    attention_resolutions: starts.flatMap((start, level) => (has(`${start}.1.qkv.weight`) ? [2 ** level] : [])),
    channel_mult: widths.map((width) => width / channels),
    conv_resample: poolings === 0,
    num_classes: has('label_emb.weight') ? shape('label_emb.weight')[0]! : null,
    num_heads: heads,
    use_scale_shift_norm:
      shape('middle_block.0.emb_layers.1.weight')[0] === 2 * shape('middle_block.0.in_layers.2.weight')[0]!,
    resblock_updown: resamplingBlocks.length > 0,
    use_new_attention_order: newAttentionOrder,
  };
}

/** The numbers that follow `start` in the names. */
function indices(tensors: ReadonlyMap<string, NamedArray>, start: string): Set<number> {
  const names = [...tensors.keys()].filter((name) => name.startsWith(start));
  return new Set(names.map((name) => Number.parseInt(name.slice(start.length), 10)));
}
