import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { named } from './entries.js';
import { run } from './program.js';

const load = async () => run(await (await fetch('./dicom-files.json')).json());

setWasmPaths('./tfjs/');
globalThis.outcome = load().then(
  (value) => ({ value: { ...value, exported: named() } }),
  (error) => ({ error: String(error.stack ?? error) }),
);
