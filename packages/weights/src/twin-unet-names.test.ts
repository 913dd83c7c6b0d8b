import { readFileSync } from 'node:fs';
import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { exportWeights, importWeights } from './name-map.ts';
import { decodeSafetensors } from './safetensors.ts';
import type { NamedArray } from './safetensors-dtype.ts';
import { lucidrainsNames, seedNames } from './twin-unet-names.ts';

describe('names of the networks with twin encoders', () => {
  it('places weights of each kind', () => {
    const seed = seedNames.locate(
      new Map([
        ['mask_encoders.0.0.conv1.weight', [3, 3, 4, 8]],
        ['mask_encoders.0.2.norm.weight', [8]],
        ['mask_encoders.0.2.out.weight', [1, 1, 128, 8]],
        ['mask_encoders.0.2.outNorm.weight', [8]],
        ['mask_encoders.1.2.out.bias', [8]],
        ['bottleneck.transformer_fuser.layers.0.feedForward.conv1.weight', [1, 1, 8, 32]],
        ['dynamic_fusion_layers.0.attention.normNoise.bias', [8]],
        ['dynamic_fusion_layers.1.ff_parser.map', [4, 5, 8]],
      ]),
    );
    expect([...seed.values()].map(({ name, shape }) => `${name} ${shape.join('x')}`)).toEqual([
      'mask_encoders.0.0.block1.proj.weight 8x4x3x3',
      'mask_encoders.0.2.fn.prenorm.g 1x8x1x1',
      'mask_encoders.0.2.fn.to_out.0.weight 8x128x1x1',
      'mask_encoders.0.2.fn.to_out.1.g 1x8x1x1',
      'mask_encoders.1.2.fn.to_out.bias 8',
      'bottleneck.transformer_fuser.layers.0.1.fn.conv1.weight 32x8x1x1',
      'dynamic_fusion_layers.0.attention.layer_norm_x.b 1x8x1x1',
      'dynamic_fusion_layers.1.ff_parser.ff_parser_attn_map 8x4x5',
    ]);
    const lucidrains = lucidrainsNames.locate(
      new Map([
        ['time_mlp.linear2.weight', [16, 32]],
        ['downs.0.3.conv.weight', [1, 1, 32, 8]],
        ['mid_transformer.layers.1.feedForward.norm.weight', [8]],
        ['conditioners.0.ff_parser.vit.layers.3.attention.qkv.weight', [1, 1, 8, 24]],
      ]),
    );
    expect([...lucidrains.values()].map(({ name }) => name)).toEqual([
      'time_mlp.3.weight',
      'downs.0.3.1.weight',
      'mid_transformer.layers.1.1.fn.0.g',
      'conditioners.0.to_dynamic_ff_parser_attn_map.transformer.layers.3.0.fn.to_qkv.weight',
    ]);
  });

  it('finds a prefix and reports what is missing and what is left over', () => {
    const wanted = new Map([
      ['final_conv.weight', [1, 1, 2, 3]],
      ['final_conv.bias', [3]],
    ]);
    const weight = { shape: [3, 2, 1, 1], data: Float32Array.from([1, 2, 3, 4, 5, 6]) };
    const file = new Map<string, NamedArray>([
      ['model.final_conv.weight', weight],
      ['betas', { shape: [2], data: new Float32Array(2) }],
    ]);
    const { weights, report } = importWeights(file, wanted, lucidrainsNames);
    expect(report).toEqual({
      prefix: 'model.',
      used: ['final_conv.weight'],
      missing: ['final_conv.bias'],
      leftOver: ['betas'],
    });
    expect([...weights.get('final_conv.weight')!.data]).toEqual([1, 3, 5, 2, 4, 6]); // [in, out]
    expect(exportWeights(weights, lucidrainsNames)).toEqual(new Map([['final_conv.weight', weight]]));
    const wrong = new Map([['final_conv.weight', { ...weight, shape: [2, 3, 1, 1] }]]);
    expect(() => importWeights(wrong, wanted, lucidrainsNames)).toThrow(
      /must be \[3, 2, 1, 1\] .*, got \[2, 3, 1, 1\]/,
    );
  });

  it("counts the seed's code of time as used where it is the one that we compute, and writes it", () => {
    const wanted = new Map([['time_embedding_layer.linear1.weight', [8, 4]]]);
    const weights = new Map<string, NamedArray>([
      ['time_embedding_layer.linear1.weight', { shape: [8, 4], data: new Float32Array(32) }],
    ]);
    const file = exportWeights(weights, seedNames);
    const code = file.get('time_embedding_layer.sin_cos_emb')!;
    expect([code.shape, code.data[0], code.data[4]]).toEqual([
      [1, 8],
      Math.fround(Math.sin(1)),
      Math.fround(Math.cos(1)),
    ]);
    expect(importWeights(file, wanted, seedNames).report.leftOver).toEqual([]);
    code.data[0] = 0.5;
    expect(importWeights(file, wanted, seedNames).report.leftOver).toEqual(['time_embedding_layer.sin_cos_emb']);
  });

  it.skipIf(lacksShared('parity'))("agrees with the seed's buffer", () => {
    const path = sharedPath('parity', 'seed-default.weights.safetensors');
    const code = decodeSafetensors(readFileSync(path)).tensors.get('time_embedding_layer.sin_cos_emb')!;
    const ours = seedNames.constants(new Map([['time_embedding_layer.linear1.weight', [16, 128]]]));
    const { data } = ours.get('time_embedding_layer.sin_cos_emb')!;
    data.forEach((value, i) => void expect(Number(value)).toBeCloseTo(Number(code.data[i]), 6));
  });
});
