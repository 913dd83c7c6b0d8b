"""The peer of benchmarks/src/metrics.ts: MONAI and SimpleITK on the same arrays, one core.

Usage: metrics.py FOLDER, where FOLDER holds cases.json, NAME.prediction and NAME.truth for each case, and readers.
Writes FOLDER/python.json: for each case and for staple, the fastest run in milliseconds and the values.
Whichever of the two libraries is missing is left out; exit 1 when both are.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np


def fastest(run, times):
    run()
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best * 1000


def monai_cases(folder, results):
    import torch
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance, compute_surface_dice

    torch.set_num_threads(1)
    for case in json.loads((folder / "cases.json").read_text()):
        shape, spacing = case["shape"], [float(step) for step in case["spacing"]]
        prediction, truth = (
            torch.from_numpy(np.fromfile(folder / f"{case['name']}.{part}", np.uint8).reshape(1, 1, *shape))
            for part in ("prediction", "truth")
        )

        def run():
            both = {"include_background": True, "spacing": spacing}
            return [
                compute_hausdorff_distance(prediction, truth, percentile=95, **both).item(),
                compute_surface_dice(prediction, truth, class_thresholds=[1.0], **both).item(),
                compute_average_surface_distance(prediction, truth, symmetric=True, **both).item(),
            ]

        results[case["name"]] = {"milliseconds": fastest(run, min(case["times"], 5)), "values": run()}


def simpleitk_staple(folder, results):
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    readers = np.fromfile(folder / "readers", np.uint8).reshape(-1, 256, 256)
    images = [sitk.GetImageFromArray(reader) for reader in readers]

    def run():
        staple = sitk.STAPLEImageFilter()
        staple.SetForegroundValue(1)
        staple.Execute(images)
        return list(staple.GetSensitivity())

    results["staple"] = {"milliseconds": fastest(run, 5), "values": run()}


def main():
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    results = {}
    for measure in (monai_cases, simpleitk_staple):
        try:
            measure(folder, results)
        except ImportError as missing:
            print(missing, file=sys.stderr)
    (folder / "python.json").write_text(json.dumps(results))
    return 0 if results else 1


sys.exit(main())
