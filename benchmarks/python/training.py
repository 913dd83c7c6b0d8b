"""A whole training of lucidrains' network in PyTorch, for `npm run parity -- --fixtures FOLDER`.

    pip install torch med-seg-diff-pytorch safetensors
    python benchmarks/python/training.py FOLDER

v-prediction (Salimans & Ho 2022) with min-SNR weights (Hang et al. 2023), AdamW that decays every weight, 25 steps at
batch 4 of 32x32. Writes FOLDER/lucidrains-v-min-snr.{json,init,data,final}.
"""

import json
import math
import sys
from pathlib import Path

import torch
from med_seg_diff_pytorch import Unet
from safetensors.torch import save_file

STEPS, BATCH, SIZE, T = 25, 4, 32, 1000
OPTIONS = dict(
    dim=16,
    image_size=SIZE,
    mask_channels=1,
    input_img_channels=3,
    dim_mults=(1, 2, 4),
    full_self_attn=(False, False, True),
    self_condition=False,
)
OPTIMIZER = dict(name="AdamW", rate=3e-4, betas=[0.9, 0.999], eps=1e-8, weightDecay=0.01)


def alphas_cumprod() -> torch.Tensor:
    """The cosine schedule of Nichol & Dhariwal (2021, eq. 17), betas at most 0.999, in float64."""
    at = torch.linspace(0, T, T + 1, dtype=torch.float64)
    bar = torch.cos((at / T + 0.008) / 1.008 * math.pi / 2) ** 2
    betas = (1 - bar[1:] / bar[:-1]).clamp(0, 0.999)
    return torch.cumprod(1 - betas, 0)


def main(folder: Path) -> None:
    torch.manual_seed(5)
    network = Unet(**OPTIONS)
    initial = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=OPTIMIZER["rate"],
        betas=tuple(OPTIMIZER["betas"]),
        eps=OPTIMIZER["eps"],
        weight_decay=OPTIMIZER["weightDecay"],
    )
    alphas = alphas_cumprod()
    data, losses = {}, []
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    for step in range(STEPS):
        centre = 8 + 16 * torch.rand(BATCH, 2)
        radius = 4 + 6 * torch.rand(BATCH)
        distance = ((y - centre[:, :1, None]) ** 2 + (x - centre[:, 1:, None]) ** 2).sqrt()
        mask = (distance < radius[:, None, None]).float()[:, None]
        images = (0.3 + 0.4 * mask + 0.1 * torch.randn(BATCH, 3, SIZE, SIZE)).clamp(0, 1)
        t = torch.randint(0, T, (BATCH,))
        noise = torch.randn(BATCH, 1, SIZE, SIZE)
        data |= {f"images.{step}": images, f"masks.{step}": mask, f"t.{step}": t.int(), f"noise.{step}": noise}
        a = alphas[t]
        signal, spread = (value.float()[:, None, None, None] for value in (a.sqrt(), (1 - a).sqrt()))
        snr = a / (1 - a)
        weight = (snr.clamp(max=5) / (snr + 1)).float()
        x0 = 2 * mask - 1
        output = network(signal * x0 + spread * noise, t, images)
        error = (output - (signal * noise - spread * x0)) ** 2
        loss = (weight * error.mean(dim=(1, 2, 3))).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    name = "lucidrains-v-min-snr"
    folder.mkdir(parents=True, exist_ok=True)
    tensors = dict(init=initial, data=data, final=network.state_dict())
    for part, values in tensors.items():
        save_file({key: value.contiguous() for key, value in values.items()}, folder / f"{name}.{part}.safetensors")
    description = dict(
        reference="lucidrains",
        options=OPTIONS,
        images="0..1",
        optimizer=OPTIMIZER,
        schedule="cosine",
        timesteps=T,
        prediction="v_prediction",
        weighting="min-snr",
        selfConditioned=False,
        steps=STEPS,
        batch=BATCH,
        losses=dict(float32=losses),
        tolerance=dict(loss=1e-4, weights=1e-3),
    )
    (folder / f"{name}.json").write_text(json.dumps(description, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
