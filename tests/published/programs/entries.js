// Every entry that a browser can load; the test holds the list against the packages' `exports`.
import * as checksOfArguments from '@medseg/arguments';
import * as backendWasm from '@medseg/backend-wasm';
import * as datasets from '@medseg/datasets';
import * as diffusion from '@medseg/diffusion';
import * as diffusionSchedule from '@medseg/diffusion/schedule';
import * as imageIo from '@medseg/image-io';
import * as inference from '@medseg/inference';
import * as layers from '@medseg/layers';
import * as metrics from '@medseg/metrics';
import * as models from '@medseg/models';
import * as ops from '@medseg/ops';
import * as pipeline from '@medseg/pipeline';
import * as random from '@medseg/random';
import * as report from '@medseg/report';
import * as training from '@medseg/training';
import * as weights from '@medseg/weights';
import * as workers from '@medseg/workers';

/** What each entry exports. */
export const named = () =>
  Object.fromEntries(
    Object.entries({
      '@medseg/arguments': checksOfArguments,
      '@medseg/backend-wasm': backendWasm,
      '@medseg/datasets': datasets,
      '@medseg/diffusion': diffusion,
      '@medseg/diffusion/schedule': diffusionSchedule,
      '@medseg/image-io': imageIo,
      '@medseg/inference': inference,
      '@medseg/layers': layers,
      '@medseg/metrics': metrics,
      '@medseg/models': models,
      '@medseg/ops': ops,
      '@medseg/pipeline': pipeline,
      '@medseg/random': random,
      '@medseg/report': report,
      '@medseg/training': training,
      '@medseg/weights': weights,
      '@medseg/workers': workers,
    }).map(([entry, exported]) => [entry, Object.keys(exported).sort()]),
  );
