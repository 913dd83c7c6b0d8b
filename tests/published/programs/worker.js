import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { named } from './entries.js';
import { run } from './program.js';

const load = async () => run(await (await fetch(new URL('/dicom-files.json', self.location.href))).json());

setWasmPaths(new URL('/tfjs/', self.location.href).href);
load().then(
  (value) => self.postMessage({ value: { ...value, exported: named() } }),
  (error) => self.postMessage({ error: String(error.stack ?? error) }),
);
