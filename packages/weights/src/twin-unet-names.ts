import type { NameMap, ReferenceWeight } from './name-map.ts';
import type { NamedArray } from './safetensors-dtype.ts';

type Rule = readonly [pattern: RegExp, replacement: string];

/** What both references call the weights of blocks and attention. */
const shared: readonly Rule[] = [
  [/(transformer\w*)(?:\.layers)?\.(\d+)\.attention\./, '$1.layers.$2.0.'],
  [/(transformer\w*)(?:\.layers)?\.(\d+)\.feedForward\./, '$1.layers.$2.1.fn.'],
  [/(layers\.\d+\.0|coders\.\d+\.2|downs\.\d+\.2|ups\.\d+\.2)\.norm\.weight$/, '$1.fn.prenorm.g'],
  [/\.qkv\.weight$/, '.fn.to_qkv.weight'],
  [/\.outNorm\.weight$/, '.fn.to_out.1.g'],
  [/\.out\.(weight|bias)$/, '.fn.to_out.$1'],
  [/(?<!\.fn)\.conv([12])\./, '.block$1.proj.'],
  [/\.norm([12])\./, '.block$1.norm.'],
  [/\.time\./, '.mlp.1.'],
  [/\.skip\./, '.res_conv.'],
];

/**
 * Names of deepmancer/medseg-diffusion's `Unet`: the network `DeepmancerUNet` of `@medseg/models`. The buffer `sin_cos_emb` of
 * its time embedding is not a weight of ours; it is checked on import and written on export.
 *
 * @example const { weights, report } = importWeights(decodeTorch(bytes).tensors, wanted, seedNames);
 */
export const seedNames: NameMap = {
  locate: (weights) =>
    place(weights, [
      ...shared,
      [/\.fn\.norm\.weight$/, '.fn.norm.g'],
      [/\.map$/, '.ff_parser_attn_map'],
      [/\.normNoise\.weight$/, '.layer_norm_x.g'],
      [/\.normNoise\.bias$/, '.layer_norm_x.b'],
      [/\.normCondition\.weight$/, '.layer_norm_i.g'],
      [/\.normCondition\.bias$/, '.layer_norm_i.b'],
      [/^time_embedding_layer\.linear1\./, 'time_embedding_layer.projector.0.'],
      [/^time_embedding_layer\.linear2\./, 'time_embedding_layer.projector.2.'],
    ]),
  constants: (weights) => {
    const frequencies = weights.get('time_embedding_layer.linear1.weight')?.[0];
    if (frequencies === undefined) return new Map();
    const half = frequencies / 2;
    const f = Array.from({ length: half }, (_, i) => 10000 ** (-i / (half - 1)));
    const data = Float32Array.from([...f.map(Math.sin), ...f.map(Math.cos)]);
    return new Map<string, NamedArray>([['time_embedding_layer.sin_cos_emb', { shape: [1, frequencies], data }]]);
  },
};

/**
 * Names of lucidrains' med-seg-diff-pytorch 0.3.3 `Unet`: the network `Lucidrains` of `@medseg/models`.
 *
 * @example const tensors = exportWeights(weights, lucidrainsNames);
 */
export const lucidrainsNames: NameMap = {
  locate: (weights) =>
    place(weights, [
      [/\.ff_parser\.vit\.tokens\./, '.to_dynamic_ff_parser_attn_map.to_tokens.1.'],
      [/\.ff_parser\.vit\.tokenNorm\.weight$/, '.to_dynamic_ff_parser_attn_map.to_tokens.2.g'],
      [/\.ff_parser\.vit\.position$/, '.to_dynamic_ff_parser_attn_map.pos_emb'],
      [/\.ff_parser\.vit\.layers\./, '.to_dynamic_ff_parser_attn_map.transformer.'],
      [/\.ff_parser\.vit\.patchNorm\.weight$/, '.to_dynamic_ff_parser_attn_map.to_patches.0.g'],
      [/\.ff_parser\.vit\.patches\./, '.to_dynamic_ff_parser_attn_map.to_patches.1.'],
      ...shared,
      [/\.fn\.norm\.weight$/, '.fn.0.g'],
      [/\.fn\.conv1\./, '.fn.1.'],
      [/\.fn\.conv2\./, '.fn.3.'],
      [/\.ff_parser\.map$/, '.ff_parser_attn_map'],
      [/\.affinity\.normNoise\.weight$/, '.norm_input.g'],
      [/\.affinity\.normNoise\.bias$/, '.norm_input.b'],
      [/\.affinity\.normCondition\.weight$/, '.norm_condition.g'],
      [/\.affinity\.normCondition\.bias$/, '.norm_condition.b'],
      [/^((?:cond_)?downs|ups)\.(\d+)\.3\.conv\./, '$1.$2.3.1.'],
      [/^time_mlp\.linear1\./, 'time_mlp.1.'],
      [/^time_mlp\.linear2\./, 'time_mlp.3.'],
    ]),
  constants: () => new Map(),
};

function place(
  weights: ReadonlyMap<string, readonly number[]>,
  rules: readonly Rule[],
): ReadonlyMap<string, ReferenceWeight> {
  const places = new Map<string, ReferenceWeight>();
  for (const [ours, shape] of weights) {
    let name = rules.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), ours);
    // A linear attention's last map stands in a sequence with the norm behind it.
    const out = /^(.*)\.out\.(weight|bias)$/.exec(ours);
    if (out && weights.has(`${out[1]}.outNorm.weight`)) name = name.replace('.fn.to_out.', '.fn.to_out.0.');
    places.set(ours, { name, ...layout(name, shape) });
  }
  return places;
}

/** Our channels last against PyTorch's: convolutions HWIO and OIHW, linear maps in x out and out x in, maps HWC and CHW. */
function layout(name: string, shape: readonly number[]): Omit<ReferenceWeight, 'name'> {
  if (shape.length === 1) return { shape: /\.[gb]$/.test(name) ? [1, shape[0]!, 1, 1] : shape, axes: [0] };
  const axes = { 2: [1, 0], 3: [2, 0, 1], 4: [3, 2, 0, 1] }[shape.length] ?? shape.map((_, axis) => axis);
  return { shape: axes.map((axis) => shape[axis]!), axes };
}
