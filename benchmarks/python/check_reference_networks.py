"""Holds reference_networks.py against the reference numbers in a folder: python check_reference_networks.py FOLDER.

Prints each largest difference over the largest reference value, and fails above 1e-4, of a gradient 1e-3.
"""

import json
import sys
import zlib
from pathlib import Path

import numpy as np
import torch
from reference_networks import OfficialNew, SeedUnet
from safetensors.torch import load_file


def weight(name, shape):
    """The weight that the official fixtures' formula gives an entry of this name and shape."""
    size = int(np.prod(shape))
    powers = np.full(size, 1664525, np.uint32).cumprod(dtype=np.uint32)  # modulo 2^32, as the formula
    sums = np.concatenate([np.ones(1, np.uint32), powers[:-1]]).cumsum(dtype=np.uint32)
    x = powers * np.uint32(zlib.crc32(name.encode())) + sums * np.uint32(1013904223)
    values = x / 2**31 - 1
    if name.endswith("running_var"):
        values = 1 + 0.2 * values
    elif name.endswith("running_mean"):
        values = 0.1 * values
    elif len(shape) == 1:
        values = 1 + 0.1 * values if name.endswith("weight") else 0.05 * values
    else:
        values = values * np.sqrt((4 if name.startswith("hwm") else 3) / (size / shape[0]))
    return torch.tensor(values.astype(np.float32).reshape(shape))


def check(name, ours, reference):
    error = ((ours - reference).abs().max() / reference.abs().max()).item()
    print(f"{'ok  ' if error <= 1e-4 else 'MISS'} {name} {error:.1e}")
    return error <= 1e-4


def main():
    folder, kept = Path(sys.argv[1]), []
    for path in sorted(folder.glob("*.io.safetensors")):
        name = path.name.removesuffix(".io.safetensors")
        described, io = json.loads((folder / f"{name}.json").read_text()), load_file(path)
        config = {key: value for key, value in described["config"].items() if key != "name"}
        if name.startswith("seed") and "linear_attn_layers" not in config and not config.get("skip_connect_image_feature_maps"):
            net = SeedUnet(**config)
            net.load_state_dict(load_file(folder / f"{name}.weights.safetensors"))
            prediction = net(io["input.x"], io["input.time"].float(), io["input.image"])
            loss = torch.nn.functional.mse_loss(prediction, io["input.noise"])
            loss.backward()
            kept.append(check(f"{name} prediction", prediction, io["output.prediction"]))
            worst, scale = 0, max(value.abs().max() for key, value in io.items() if key.startswith("grad."))
            for key, parameter in net.named_parameters():
                reference = io.get(f"grad.{key}")
                if reference is None:
                    continue
                error = ((parameter.grad - reference).abs().max() / max(reference.abs().max(), 1e-3 * scale)).item()
                worst = max(worst, error)
            print(f"{'ok  ' if worst <= 1e-3 else 'MISS'} {name} gradients {worst:.1e}")
            kept.append(worst <= 1e-3)
        elif config.get("version") == "new" and config.get("num_heads", 1) == 1 and not config.get("use_scale_shift_norm"):
            taken = ("model_channels", "channel_mult", "num_res_blocks", "attention_resolutions")
            net = OfficialNew(**{key: config[key] for key in taken}, image_channels=config["in_channels"] - 1).eval()
            counted = {n: s for n, s in ((p["name"], p["shape"]) for p in described["parameters"]) if s}
            missing = net.load_state_dict({n: weight(n, s) for n, s in counted.items()}, strict=False)
            assert all(n.endswith("num_batches_tracked") for n in missing.missing_keys) and not missing.unexpected_keys
            prediction, calibration = net(io["input.x"], io["input.time"])
            kept += [check(f"{name} prediction", prediction, io["output.prediction"])]
            kept += [check(f"{name} calibration", calibration, io["output.calibration"])]
    sys.exit(0 if kept and all(kept) else 1)


main()
