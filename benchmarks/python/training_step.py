"""The peer of benchmarks/src/training-step.ts: PyTorch on the same weights and the same batch.

Usage: training_step.py FOLDER OPTIONS, where FOLDER holds weights.safetensors and batch.safetensors (maps channels
last) and OPTIONS is JSON: network, format (channels-first or channels-last), learningRate, threads.
Reads requests from stdin, one JSON a line, and answers each with one line: a step with its milliseconds and loss, the
end with the peak of this process's memory.
"""

import json
import math
import resource
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn


class TimeEmbedding(nn.Module):
    def __init__(self, frequencies, channels):
        super().__init__()
        self.frequencies = frequencies
        self.linear1 = nn.Linear(frequencies, channels)
        self.linear2 = nn.Linear(channels, channels)

    def forward(self, t):
        half = self.frequencies // 2
        f = torch.exp(torch.arange(half) * (-math.log(10000) / (half - 1)))
        angles = t[:, None] * f[None]
        return self.linear2(F.silu(self.linear1(torch.cat([angles.sin(), angles.cos()], dim=1))))


class ResidualBlock(nn.Module):
    def __init__(self, from_, to, time):
        super().__init__()
        self.norm1 = nn.GroupNorm(8, from_)
        self.conv1 = nn.Conv2d(from_, to, 3, padding=1)
        self.time = nn.Linear(time, to)
        self.norm2 = nn.GroupNorm(8, to)
        self.conv2 = nn.Conv2d(to, to, 3, padding=1)
        self.skip = nn.Identity() if from_ == to else nn.Conv2d(from_, to, 1)

    def forward(self, x, e):
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.time(e)[:, :, None, None]
        return self.conv2(F.silu(self.norm2(h))) + self.skip(x)


class Attention(nn.Module):
    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(8, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(b, 3, self.heads, c // self.heads, h * w).transpose(3, 4).unbind(1)
        y = F.scaled_dot_product_attention(q, k, v)
        return x + self.out(y.transpose(2, 3).reshape(b, c, h, w))


class Grow(nn.Module):
    def __init__(self, from_, to):
        super().__init__()
        self.conv = nn.Conv2d(from_, to, 3, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


class Head(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.conv = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, x):
        return self.conv(F.silu(self.norm(x)))


class PlainUnet(nn.Module):
    """The network of benchmarks/src/training-step/unet.ts."""

    def __init__(self, c):
        super().__init__()
        t = 4 * c

        def blocks(from_, to):
            return nn.ModuleList([ResidualBlock(from_, to, t), ResidualBlock(to, to, t)])

        self.time = TimeEmbedding(c, t)
        self.stem = nn.Conv2d(1, c, 3, padding=1)
        self.down0, self.shrink0 = blocks(c, c), nn.Conv2d(c, c, 3, 2, 1)
        self.down1, self.shrink1 = blocks(c, 2 * c), nn.Conv2d(2 * c, 2 * c, 3, 2, 1)
        self.middle, self.attention = blocks(2 * c, 4 * c), Attention(4 * c, 4)
        self.grow1, self.up1 = Grow(4 * c, 2 * c), blocks(4 * c, 2 * c)
        self.grow0, self.up0 = Grow(2 * c, c), blocks(2 * c, c)
        self.head = Head(c)

    def forward(self, x, t):
        e = F.silu(self.time(t))
        through = lambda pair, h: pair[1](pair[0](h, e), e)
        fine = through(self.down0, self.stem(x))
        middle = through(self.down1, self.shrink0(fine))
        h = self.middle[0](self.shrink1(middle), e)
        h = self.middle[1](self.attention(h), e)
        h = through(self.up1, torch.cat([self.grow1(h), middle], dim=1))
        h = through(self.up0, torch.cat([self.grow0(h), fine], dim=1))
        return self.head(h)


def build(network, weights):
    if network["kind"] == "lucidrains":
        from med_seg_diff_pytorch import Unet

        options = {key: tuple(value) if isinstance(value, list) else value for key, value in network["options"].items()}
        net = Unet(**options)
        net.load_state_dict(weights)
        return net
    if network["kind"] == "seed":
        from reference_networks import SeedUnet

        net = SeedUnet(**network["options"])
        net.load_state_dict(weights)
        return net
    if network["kind"] == "official-new":
        from reference_networks import OfficialNew

        net = OfficialNew(**network["options"], highway=network["highway"])
        net.load_state_dict(weights)
        return net
    net = PlainUnet(network["channels"])
    turned = {}
    for name, value in weights.items():  # [kh, kw, in, out] -> [out, in, kh, kw]; [in, out] -> [out, in]
        turned[name] = value.permute(3, 2, 0, 1) if value.ndim == 4 else value.T if value.ndim == 2 else value
    net.load_state_dict({name: value.contiguous() for name, value in turned.items()})
    return net


def loss_of(net, kind, maps, t):
    if kind == "official-new":
        prediction, calibration = net(torch.cat([maps["image"], maps["x"]], dim=1), t)
        return F.mse_loss(prediction[:, :1], maps["noise"]) + 10 * F.mse_loss(calibration, maps["x"])
    return F.mse_loss(net(maps["x"], t, *([maps["image"]] if "image" in maps else [])), maps["noise"])


def peak_bytes():
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main():
    folder, options = Path(sys.argv[1]), json.loads(sys.argv[2])
    torch.set_num_threads(options["threads"])
    last = torch.channels_last if options["format"] == "channels-last" else torch.contiguous_format
    net = build(options["network"], load_file(folder / "weights.safetensors")).to(memory_format=last)
    batch = load_file(folder / "batch.safetensors")
    maps = {name: batch[name].permute(0, 3, 1, 2).contiguous(memory_format=last) for name in batch if name != "t"}
    optimizer = torch.optim.Adam(net.parameters(), lr=options["learningRate"], fused=True)
    for line in sys.stdin:
        if json.loads(line)["request"] == "step":
            start = time.perf_counter()
            optimizer.zero_grad()
            loss = loss_of(net, options["network"]["kind"], maps, batch["t"])
            loss.backward()
            optimizer.step()
            report = {"loss": loss.item(), "milliseconds": (time.perf_counter() - start) * 1000}
        else:
            report = {"peakBytes": peak_bytes(), "variant": torch.__version__}
        print(json.dumps(report), flush=True)


main()
