"""Networks of the references in PyTorch, under the names of their checkpoints, as peers of the benchmarks.

`SeedUnet` computes what deepmancer/medseg-diffusion's `Unet` does (its parts that are lucidrains' come from
med-seg-diff-pytorch), `OfficialNew` what SuperMedIntel/MedSegDiff's `UNetModel_newpreview` does. Both are held against
the reference numbers by check_reference_networks.py.
"""

import math

import torch
import torch.nn.functional as F
from med_seg_diff_pytorch.med_seg_diff_pytorch import Attention, LayerNorm, LinearAttention, Residual, ResnetBlock
from torch import nn


class SeedTime(nn.Module):
    def __init__(self, frequencies, channels):
        super().__init__()
        half = frequencies // 2
        f = torch.exp(torch.arange(half) * (-math.log(10000) / (half - 1)))
        self.register_buffer("sin_cos_emb", torch.cat([f.sin(), f.cos()])[None])
        self.projector = nn.Sequential(nn.Linear(frequencies, channels), nn.SiLU(), nn.Linear(channels, channels))

    def forward(self, t):
        return self.projector(t[:, None] * self.sin_cos_emb)


class SeedFeedForward(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = LayerNorm(channels)
        self.conv1, self.conv2 = nn.Conv2d(channels, 4 * channels, 1), nn.Conv2d(4 * channels, channels, 1)

    def forward(self, x):
        return self.conv2(F.gelu(self.conv1(self.norm(x))))


class SeedTransformer(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.layers = nn.ModuleList([nn.ModuleList([Residual(Attention(channels)), Residual(SeedFeedForward(channels))])])

    def forward(self, x):
        for attention, feed_forward in self.layers:
            x = feed_forward(attention(x))
        return x


class SeedFusion(nn.Module):
    def __init__(self, channels, size):
        super().__init__()
        self.ff_parser, self.attention = nn.Module(), nn.Module()
        self.ff_parser.ff_parser_attn_map = nn.Parameter(torch.ones(channels, size, size))
        self.attention.layer_norm_i, self.attention.layer_norm_x = (LayerNorm(channels, bias=True) for _ in range(2))
        self.block = ResnetBlock(channels, channels)

    def forward(self, x, c):
        x = torch.fft.ifft2(torch.fft.fft2(x) * self.ff_parser.ff_parser_attn_map).real
        c = self.attention.layer_norm_i(c)
        return self.block(self.attention.layer_norm_x(x) * c * c)


class SeedDown(nn.Module):
    def __init__(self, from_, to):
        super().__init__()
        self.conv = nn.Conv2d(4 * from_, to, 1)

    def forward(self, x):
        return self.conv(F.pixel_unshuffle(x, 2))


class SeedUp(nn.Module):
    def __init__(self, from_, to):
        super().__init__()
        self.conv = nn.Conv2d(from_, to, 3, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


class SeedUnet(nn.Module):
    def __init__(self, image_size, num_layers, first_conv_channels, image_channels=3, time_embedding_dim=128):
        super().__init__()
        c = first_conv_channels
        widths = [c, *(c * 2**level for level in range(num_layers))]

        def block(from_, to):
            return ResnetBlock(from_, to, time_emb_dim=time_embedding_dim)

        def attend(level, channels):
            return Residual(Attention(channels) if level == num_layers - 1 else LinearAttention(channels))

        def encoder():
            levels = []
            for level, (from_, to) in enumerate(zip(widths, widths[1:])):
                down = nn.Conv2d(from_, to, 3, padding=1) if level == num_layers - 1 else SeedDown(from_, to)
                levels.append(nn.ModuleList([block(from_, from_), block(from_, from_), attend(level, from_), down]))
            return nn.ModuleList(levels)

        self.mask_initial_conv = nn.Conv2d(1, c, 7, padding=3)
        self.img_initial_conv = nn.Conv2d(image_channels, c, 7, padding=3)
        self.time_embedding_layer = SeedTime(c, time_embedding_dim)
        self.mask_encoders, self.image_encoders = encoder(), encoder()
        self.dynamic_fusion_layers = nn.ModuleList(
            [SeedFusion(channels, image_size // 2**level) for level, channels in enumerate(widths[:-1])]
        )
        middle = self.bottleneck = nn.Module()
        middle.conv_mask, middle.conv_img, middle.conv_fuser = (block(widths[-1], widths[-1]) for _ in range(3))
        middle.transformer_fuser = SeedTransformer(widths[-1])
        decoders = []
        for level in reversed(range(num_layers)):
            to, from_ = widths[level], widths[level + 1]
            up = nn.Conv2d(from_, to, 3, padding=1) if level == 0 else SeedUp(from_, to)
            decoders.append(nn.ModuleList([block(from_ + to, from_), block(from_ + to, from_), attend(level, from_), up]))
        self.decoders = nn.ModuleList(decoders)
        self.final_res_block, self.final_conv = block(2 * c, c), nn.Conv2d(c, 1, 1)

    def forward(self, x, t, image):
        e = self.time_embedding_layer(t)
        stem = x = self.mask_initial_conv(x)
        c = self.img_initial_conv(image)
        skips = []
        for mask, condition, fuse in zip(self.mask_encoders, self.image_encoders, self.dynamic_fusion_layers):
            x, c = mask[0](x, e), condition[0](c, e)
            skips.append(x)
            x, c = mask[2](mask[1](x, e)), condition[2](condition[1](c, e))
            c = fuse(x, c)
            skips.append(x)
            x, c = mask[3](x), condition[3](c)
        middle = self.bottleneck
        x = middle.transformer_fuser(middle.conv_mask(x, e) + middle.conv_img(c, e))
        x = middle.conv_fuser(x, e)
        for first, second, attention, up in self.decoders:
            x = first(torch.cat([x, skips.pop()], dim=1), e)
            x = second(torch.cat([x, skips.pop()], dim=1), e)
            x = up(attention(x))
        return self.final_conv(self.final_res_block(torch.cat([x, stem], dim=1), e))


class GuidedBlock(nn.Module):
    def __init__(self, from_, to, time, groups):
        super().__init__()
        norm, conv = nn.GroupNorm(groups, from_), nn.Conv2d(from_, to, 3, padding=1)
        self.in_layers = nn.Sequential(norm, nn.SiLU(), conv)
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(time, to))
        norm, conv = nn.GroupNorm(groups, to), nn.Conv2d(to, to, 3, padding=1)
        self.out_layers = nn.Sequential(norm, nn.SiLU(), nn.Identity(), conv)
        self.skip_connection = nn.Identity() if from_ == to else nn.Conv2d(from_, to, 1)

    def forward(self, x, e):
        h = self.in_layers(x) + self.emb_layers(e)[:, :, None, None]
        return self.skip_connection(x) + self.out_layers(h)


class GuidedAttention(nn.Module):
    """One head, whose 1x1 convolutions are one-dimensional in checkpoints."""

    def __init__(self, channels, groups):
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels)
        self.qkv, self.proj_out = nn.Conv1d(channels, 3 * channels, 1), nn.Conv1d(channels, channels, 1)

    def forward(self, x, _):
        flat = x.flatten(2)
        q, k, v = self.qkv(self.norm(flat)).transpose(1, 2).chunk(3, dim=2)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2)
        return (flat + self.proj_out(y)).reshape(x.shape)


class GuidedDown(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x, _):
        return self.op(x)


class GuidedUp(SeedUp):
    def forward(self, x, _):
        return super().forward(x)


class GuidedStem(nn.Conv2d):
    def forward(self, x, _):
        return super().forward(x)


class HighwayBlock(nn.Module):
    def __init__(self, from_, to, dropout):
        super().__init__()
        self.conv, self.instnorm = nn.Conv2d(from_, to, 3, padding=1), nn.BatchNorm2d(to)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x):
        return F.leaky_relu(self.instnorm(self.dropout(self.conv(x))), 0.01)


class HighwayBlocks(nn.Module):
    def __init__(self, *blocks):
        super().__init__()
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(x)


class Highway(nn.Module):
    def __init__(self, image_channels, channels, poolings, most, dropout):
        super().__init__()
        widths = [min(channels * 2**level, most) for level in range(poolings + 1)]
        one = lambda from_, to, rate: HighwayBlocks(HighwayBlock(from_, to, rate))
        context, from_ = [], image_channels
        for width in widths[:-1]:
            context.append(HighwayBlocks(HighwayBlock(from_, width, dropout), HighwayBlock(width, width, dropout)))
            from_ = width
        last = nn.Sequential(one(from_, widths[-1], dropout), one(widths[-1], widths[-2], dropout))
        self.conv_blocks_context = nn.ModuleList([*context, last])
        self.conv_blocks_localization = nn.ModuleList(
            [
                nn.Sequential(one(2 * width, width, 0), one(width, widths[max(0, level - 1)], 0))
                for level, width in reversed(list(enumerate(widths[:-1])))
            ]
        )
        self.seg_outputs = nn.ModuleList([nn.Conv2d(widths[0], 1, 1, bias=False)])

    def forward(self, x):
        skips, decoded = [], []
        for block in self.conv_blocks_context[:-1]:
            skips.append(block(x))
            x = F.max_pool2d(skips[-1], 2)
        x = self.conv_blocks_context[-1](x)
        grow = lambda h, factor: F.interpolate(h, scale_factor=factor, mode="bilinear", align_corners=False)
        for block in self.conv_blocks_localization:
            x = block(torch.cat([grow(x, 2), skips.pop()], dim=1))
            decoded.append(x)
        fine, finer = grow(decoded[-2], 2), grow(decoded[-3], 4)
        return self.seg_outputs[0](x), torch.cat([fine, fine, finer], dim=1)


class OfficialNew(nn.Module):
    """Gives the prediction and the highway's mask; x holds the image and, as its last channel, the noisy mask."""

    def __init__(self, model_channels, channel_mult, num_res_blocks, attention_resolutions, image_channels=3, groups=32, highway=None):
        super().__init__()
        c, time, self.groups = model_channels, 4 * model_channels, groups
        options = {"channels": 32, "poolings": 5, "maxChannels": 480, "dropout": 0.5, **(highway or {})}
        self.hwm = Highway(image_channels, options["channels"], options["poolings"], options["maxChannels"], options["dropout"])
        self.time_embed = nn.Sequential(nn.Linear(c, time), nn.SiLU(), nn.Linear(time, time))
        self.input_blocks = nn.ModuleList([nn.ModuleList([GuidedStem(image_channels + 1, c, 3, padding=1)])])
        widths, h = [c], c
        for level, multiplier in enumerate(channel_mult):
            attend = [2**level] if 2**level in attention_resolutions else []
            for _ in range(num_res_blocks):
                block = [GuidedBlock(h, c * multiplier, time, groups)]
                h = c * multiplier
                self.input_blocks.append(nn.ModuleList(block + [GuidedAttention(h, groups) for _ in attend]))
                widths.append(h)
            if level < len(channel_mult) - 1:
                self.input_blocks.append(nn.ModuleList([GuidedDown(h)]))
                widths.append(h)
        middle = [GuidedBlock(h, h, time, groups), GuidedAttention(h, groups), GuidedBlock(h, h, time, groups)]
        self.middle_block = nn.ModuleList(middle)
        self.output_blocks = nn.ModuleList()
        for level, multiplier in reversed(list(enumerate(channel_mult))):
            for i in range(num_res_blocks + 1):
                block = [GuidedBlock(h + widths.pop(), c * multiplier, time, groups)]
                h = c * multiplier
                if 2**level in attention_resolutions:
                    block.append(GuidedAttention(h, groups))
                if level > 0 and i == num_res_blocks:
                    block.append(GuidedUp(h, h))
                self.output_blocks.append(nn.ModuleList(block))
        self.out = nn.Sequential(nn.GroupNorm(groups, c), nn.SiLU(), nn.Conv2d(c, 2, 3, padding=1))
        self.frequencies = c

    def forward(self, x, t):
        half = self.frequencies // 2
        f = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32) / half)
        angles = t[:, None].float() * f[None]
        e = self.time_embed(torch.cat([angles.cos(), angles.sin()], dim=1))
        logits, anchors = self.hwm(x[:, :-1])
        skips, h = [], x
        for i, block in enumerate(self.input_blocks):
            for layer in block:
                h = layer(h, e)
            if i == 0:
                h = h + anchors.detach()
            skips.append(h)
        for layer in self.middle_block:
            h = layer(h, e)
        for block in self.output_blocks:
            h = torch.cat([h, skips.pop()], dim=1)
            for layer in block:
                h = layer(h, e)
        return self.out(h), torch.sigmoid(logits)
