import type { NameMap, ReferenceWeight } from './name-map.ts';
import type { NamedArray } from './safetensors-dtype.ts';

/** Our name, as a pattern, and upstream's; names without a rule are the same. */
const renamings: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/^time_embed\.linear1\./, 'time_embed.0.'],
  [/^time_embed\.linear2\./, 'time_embed.2.'],
  [/^time_embed\.label\.weight$/, 'label_emb.weight'],
  [/^out\.norm\./, 'out.0.'],
  [/^out\.conv\./, 'out.2.'],
  [/^hwm\.gates\.(\d+)\.project\./, 'hwm.conv_trans_blocks_a.$1.'],
  [/^hwm\.gates\.(\d+)\.parser\.map$/, 'hwm.ffparser.$1.complex_weight'],
  [/^hwm\.gates\.(\d+)\.mask\./, 'hwm.conv_trans_blocks_b.$1.'],
  [/^(hwm\..*)\.norm\./, '$1.instnorm.'],
  [/\.norm1\./, '.in_layers.0.'],
  [/\.conv1\./, '.in_layers.2.'],
  [/\.time\./, '.emb_layers.1.'],
  [/\.norm2\./, '.out_layers.0.'],
  [/\.conv2\./, '.out_layers.3.'],
  [/\.skip\./, '.skip_connection.'],
  [/\.out\.(weight|bias)$/, '.proj_out.$1'],
];

/**
 * Names of SuperMedIntel/MedSegDiff's `UNetModel_newpreview` and `UNetModel_v1preview`: the networks `OfficialNew` and
 * `OfficialV1` of `@medseg/models`. V1's convolution `hwm.embedding`, which upstream makes anew at every forward, is in
 * none of its checkpoints and is reported as missing. Throws RangeError for `OfficialV1` with `fusion: 'affinity'`, the
 * paper's, which upstream does not have. The counters of batch normalisation are written as 0.
 *
 * @example const { weights, report } = importWeights(tensors, wanted, officialNames);
 */
export const officialNames: NameMap = {
  locate: (weights) => {
    const places = new Map<string, ReferenceWeight>();
    for (const [ours, shape] of weights) places.set(ours, { name: officialName(ours), ...layout(ours, shape) });
    return places;
  },
  constants: (weights) => {
    const counters = new Map<string, NamedArray>();
    for (const ours of weights.keys()) {
      if (!ours.endsWith('.running_mean')) continue;
      const name = officialName(ours).replace(/running_mean$/, 'num_batches_tracked');
      counters.set(name, { shape: [], data: new BigInt64Array(1) });
    }
    return counters;
  },
  ignores: (name) => name.endsWith('.num_batches_tracked'),
};

function officialName(ours: string): string {
  if (/^hwm\.fusion\./.test(ours)) {
    throw new RangeError(
      `officialNames: the network must be one that upstream's code has, got ${ours}, of OfficialV1 with fusion: 'affinity'`,
    );
  }
  const rule = renamings.find(([pattern]) => pattern.test(ours));
  return rule === undefined ? ours : ours.replace(...rule);
}

/** Our layout in PyTorch's; upstream holds the 1x1 convolutions of its attention as one-dimensional. */
function layout(ours: string, shape: readonly number[]): Omit<ReferenceWeight, 'name'> {
  const axes = axesOf(ours, shape.length);
  const theirs = axes.map((axis) => shape[axis]!);
  return { axes, shape: /\.(qkv|out)\.weight$/.test(ours) ? theirs.slice(0, -1) : theirs };
}

function axesOf(ours: string, rank: number): readonly number[] {
  if (ours.endsWith('.parser.map')) return [2, 0, 1, 3]; // [H, W / 2 + 1, C, 2] -> [C, H, W / 2 + 1, 2]
  if (rank === 4) return [3, 2, 0, 1]; // HWIO -> OIHW
  if (rank === 2 && ours !== 'time_embed.label.weight') return [1, 0];
  return Array.from({ length: rank }, (_, axis) => axis);
}
