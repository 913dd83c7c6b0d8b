// A page that segments with a trained run. A worker computes, so the page goes on drawing and Stop is heard.
import { loadRun } from '@medseg/pipeline';
import { webWorkerEndpoint } from '@medseg/workers';

const [runInput, scanInput, progress, stop, message, canvas] = [
  'run',
  'scan',
  'progress',
  'stop',
  'message',
  'mask',
].map((id) => document.getElementById(id));
let run;
let abort;

runInput.addEventListener('change', () => saying(openRun));
scanInput.addEventListener('change', () => saying(() => segment(scanInput.files[0])));
stop.addEventListener('click', () => abort.abort(new Error('Stopped.')));
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  if (!scanInput.disabled) saying(() => segment(event.dataTransfer.files[0]));
});

async function openRun() {
  scanInput.disabled = true;
  await run?.dispose();
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  run = await loadRun(runInput.files, { worker: webWorkerEndpoint(worker) });
  scanInput.disabled = false;
  message.textContent = `It segments ${run.classes.join(', ')}. Choose a scan.`;
}

async function segment(file) {
  abort = new AbortController();
  scanInput.disabled = true;
  stop.disabled = false;
  try {
    const onProgress = (share) => Object.assign(progress, { value: share });
    const result = await run.segment(file, { signal: abort.signal, onProgress });
    draw(result);
    message.textContent = [`${file.name}: done.`, ...result.remarks].join('\n');
  } finally {
    scanInput.disabled = false;
    stop.disabled = true;
  }
}

/** Draws the mask in the colours of its labels; of a volume the slice in the middle. */
function draw({ size: [width, height, depth = 1], mask, labels }) {
  const colors = new Map(labels.map(({ value, color }) => [value, [...color, 255]]));
  const first = Math.floor(depth / 2) * width * height;
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) pixels.data.set(colors.get(mask[first + i]) ?? [0, 0, 0, 255], 4 * i);
  Object.assign(canvas, { width, height });
  canvas.getContext('2d').putImageData(pixels, 0, 0);
}

/** Does what was asked for, and says what went wrong. */
async function saying(work) {
  message.textContent = 'Working …';
  try {
    await work();
  } catch (error) {
    message.textContent = error.message;
  }
}
