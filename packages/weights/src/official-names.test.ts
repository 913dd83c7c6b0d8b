import { describe, expect, it } from 'vitest';
import { exportWeights, importWeights } from './name-map.ts';
import { officialNames } from './official-names.ts';
import type { NamedArray } from './safetensors-dtype.ts';

/** Our names and shapes, and what upstream's state dict has for them. */
const pairs: [ours: string, shape: number[], theirs: string, shape: number[]][] = [
  ['time_embed.linear1.weight', [8, 32], 'time_embed.0.weight', [32, 8]],
  ['time_embed.linear2.bias', [32], 'time_embed.2.bias', [32]],
  ['time_embed.label.weight', [2, 32], 'label_emb.weight', [2, 32]],
  ['input_blocks.0.0.weight', [3, 3, 4, 8], 'input_blocks.0.0.weight', [8, 4, 3, 3]],
  ['input_blocks.1.0.norm1.weight', [8], 'input_blocks.1.0.in_layers.0.weight', [8]],
  ['input_blocks.1.0.conv1.bias', [8], 'input_blocks.1.0.in_layers.2.bias', [8]],
  ['input_blocks.1.0.time.weight', [32, 8], 'input_blocks.1.0.emb_layers.1.weight', [8, 32]],
  ['input_blocks.1.0.norm2.bias', [8], 'input_blocks.1.0.out_layers.0.bias', [8]],
  ['input_blocks.1.0.conv2.weight', [3, 3, 8, 8], 'input_blocks.1.0.out_layers.3.weight', [8, 8, 3, 3]],
  ['input_blocks.1.0.skip.weight', [1, 1, 4, 8], 'input_blocks.1.0.skip_connection.weight', [8, 4, 1, 1]],
  ['input_blocks.2.0.op.weight', [3, 3, 8, 8], 'input_blocks.2.0.op.weight', [8, 8, 3, 3]],
  ['middle_block.1.norm.weight', [8], 'middle_block.1.norm.weight', [8]],
  ['middle_block.1.qkv.weight', [1, 1, 8, 24], 'middle_block.1.qkv.weight', [24, 8, 1]],
  ['middle_block.1.out.weight', [1, 1, 8, 8], 'middle_block.1.proj_out.weight', [8, 8, 1]],
  ['middle_block.1.out.bias', [8], 'middle_block.1.proj_out.bias', [8]],
  ['output_blocks.1.2.conv.bias', [8], 'output_blocks.1.2.conv.bias', [8]],
  ['out.norm.weight', [8], 'out.0.weight', [8]],
  ['out.conv.weight', [3, 3, 8, 2], 'out.2.weight', [2, 8, 3, 3]],
  ['hwm.seg_outputs.0.weight', [1, 1, 4, 1], 'hwm.seg_outputs.0.weight', [1, 4, 1, 1]],
  ['hwm.gates.0.project.weight', [1, 1, 8, 4], 'hwm.conv_trans_blocks_a.0.weight', [4, 8, 1, 1]],
  ['hwm.gates.0.parser.map', [6, 4, 5, 2], 'hwm.ffparser.0.complex_weight', [5, 6, 4, 2]],
  ['hwm.gates.0.mask.bias', [1], 'hwm.conv_trans_blocks_b.0.bias', [1]],
  [
    'hwm.conv_blocks_context.0.blocks.0.norm.running_mean',
    [4],
    'hwm.conv_blocks_context.0.blocks.0.instnorm.running_mean',
    [4],
  ],
];
const counter = 'hwm.conv_blocks_context.0.blocks.0.instnorm.num_batches_tracked';

function counted(shape: readonly number[]): NamedArray {
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i) };
}

describe('officialNames', () => {
  const ours = new Map(pairs.map(([name, shape]) => [name, counted(shape)]));

  it("writes upstream's names and shapes", () => {
    const stateDict = exportWeights(ours, officialNames);
    const expected = new Map<string, number[]>(pairs.map(([, , name, shape]) => [name, shape]));
    expected.set(counter, []);
    expect(new Map([...stateDict].map(([name, { shape }]) => [name, shape]))).toEqual(expected);
  });

  it('reads back what it wrote, and says what became of every entry', () => {
    const stateDict = exportWeights(ours, officialNames);
    stateDict.set(counter, { shape: [], data: BigInt64Array.of(12n) });
    stateDict.set('extra.weight', counted([2]));
    stateDict.delete('out.0.weight');
    const wanted = new Map([...ours].map(([name, { shape }]) => [name, shape]));
    wanted.set('hwm.embedding.weight', [1, 1, 6, 8]);
    const { weights, report } = importWeights(stateDict, wanted, officialNames);
    for (const [name, array] of weights) expect(array, name).toEqual(ours.get(name));
    expect(weights.size).toBe(pairs.length - 1);
    expect(report.missing).toEqual(['out.0.weight', 'hwm.embedding.weight']);
    expect(report.leftOver).toEqual(['extra.weight']);
    expect(report.used.length).toBe(pairs.length - 1);
  });

  it.each([Number.NaN, Number.NEGATIVE_INFINITY, 1e300])('names a weight that holds %d', (value) => {
    const stateDict = new Map(exportWeights(ours, officialNames));
    const name = 'middle_block.1.qkv.weight';
    const data = Float64Array.from(stateDict.get(name)!.data as Float32Array);
    data[7] = value;
    const wanted = new Map([...ours].map(([each, { shape }]) => [each, shape]));
    stateDict.set(name, { shape: stateDict.get(name)!.shape, data });
    expect(() => importWeights(stateDict, wanted, officialNames)).toThrow(
      `importWeights: ${name} must hold finite numbers of float32, got ${value} at place 7`,
    );
  });

  it('transposes', () => {
    const stateDict = exportWeights(ours, officialNames);
    // [H, W, C, R] at (h, w, c, r) -> [C, H, W, R]
    const [h, w, c, r] = [5, 2, 3, 1];
    const value = ours.get('hwm.gates.0.parser.map')!.data[((h * 4 + w) * 5 + c) * 2 + r];
    expect(stateDict.get('hwm.ffparser.0.complex_weight')!.data[((c * 6 + h) * 4 + w) * 2 + r]).toBe(value);
    // [1, 1, I, O] at (i, o) -> [O, I, 1]
    expect(stateDict.get('middle_block.1.qkv.weight')!.data[17 * 8 + 3]).toBe(3 * 24 + 17);
  });

  it('refuses the fusion of the paper, which upstream does not have', () => {
    const weights = new Map([['hwm.fusion.1.affinity.normNoise.weight', counted([4])]]);
    expect(() => exportWeights(weights, officialNames)).toThrow(
      /one that upstream's code has, got hwm\.fusion\.1\.affinity\.normNoise\.weight, of OfficialV1 with fusion: 'affinity'/,
    );
  });
});
