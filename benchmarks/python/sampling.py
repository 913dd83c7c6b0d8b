"""The peer of benchmarks/src/sampling.ts: one 64 x 64 sample of 100 DDPM steps of med-seg-diff-pytorch's network.

Answers each line on stdin with the milliseconds of a sample.
"""

import json
import sys
import time

import torch
from med_seg_diff_pytorch import MedSegDiff, Unet

torch.set_num_threads(1)
torch.manual_seed(1)
network = Unet(dim=16, image_size=64)
diffusion = MedSegDiff(network, timesteps=100).eval()
image = torch.randn(1, 3, 64, 64)
network(torch.randn(1, 1, 64, 64), torch.zeros(1), image)  # warm up
for line in sys.stdin:
    start = time.perf_counter()
    diffusion.sample(image)
    print(json.dumps({"milliseconds": (time.perf_counter() - start) * 1000}), flush=True)
