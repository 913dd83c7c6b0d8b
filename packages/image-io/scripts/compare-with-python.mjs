// Reads every image and volume of a folder here and in Python (nibabel, SimpleITK, Pillow), and says where values or
// positions differ. Each volume is also written here as NIfTI and NRRD, and what Python reads from that is compared.
// Build first. Usage: node scripts/compare-with-python.mjs FOLDER [PYTHON]
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readImage, readVolume, writeVolume } from '../dist/node.js';

const [folder, python = 'python3'] = process.argv.slice(2);
if (!folder) throw new Error('usage: node scripts/compare-with-python.mjs FOLDER [PYTHON]');
const isNifti = (path) => /\.(nii|nii\.gz|hdr)$/.test(path);
const isVolume = (path) => isNifti(path) || /\.(nrrd|nhdr|mha|mhd)$/.test(path);
const isImage = (path) => /\.(png|tiff?|jpe?g|bmp)$/.test(path);

const temporary = mkdtempSync(join(tmpdir(), 'compare-'));
const valueFile = join(temporary, 'values');
const script = fileURLToPath(new URL('compare-with-python.py', import.meta.url));
const child = spawn(python, [script, valueFile], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const summary = new Map();
let failures = 0;

try {
  for (const name of readdirSync(folder, { recursive: true }).sort()) {
    const path = join(folder, name);
    if (isImage(path)) await compare(await readPicture(path), 'Pillow', path, extname(path));
    if (!isVolume(path) && !isDicomImage(path)) continue;
    const volume = await readVolume(path);
    const ending = path.endsWith('.nii.gz') ? '.nii.gz' : extname(path) || 'DICOM series';
    await compare(ofVolume(volume), isNifti(path) ? 'nibabel' : 'SimpleITK', path, ending);
    for (const [written, reader] of [
      ['.nii', 'nibabel'],
      ['.nii.gz', 'SimpleITK'],
      ['.nrrd', 'SimpleITK'],
    ]) {
      const copy = join(temporary, `copy${written}`);
      await writeVolume(copy, volume);
      await compare(ofVolume(volume), reader, copy, `written ${written}`, path);
    }
  }
} finally {
  child.stdin.end();
  rmSync(temporary, { recursive: true });
}
for (const [kind, { reader, files, equal, value, mean, millimetres }] of summary) {
  process.stdout.write(
    `${kind} against ${reader}: ${files} files, ${equal} with equal values, largest difference ${value}, largest mean difference ${mean.toFixed(3)}, position within ${millimetres} mm\n`,
  );
}
process.exitCode = failures > 0 ? 1 : 0;

/** Whether a path is a DICOM image or a folder of one series; segmentations are read by nobody here. */
function isDicomImage(path) {
  if (!statSync(path).isDirectory()) return path.endsWith('.dcm') && !/seg|liver/.test(basename(path));
  const files = readdirSync(path);
  return files.length > 1 && files.every((file) => file.endsWith('.dcm')) && !files.some((file) => /seg/.test(file));
}

async function readPicture(path) {
  const { height, width, channels, data, lossy } = await readImage(path);
  return { shape: [1, height, width, channels], data, lossy };
}

function ofVolume({ size, spacing, origin, direction, channels, data }) {
  const affine = [0, 1, 2].flatMap((r) => [...[0, 1, 2].map((a) => direction[3 * r + a] * spacing[a]), origin[r]]);
  return { shape: [size[2], size[1], size[0], channels], affine, data };
}

async function compare(ours, reader, path, kind, source = path) {
  child.stdin.write(`${reader}\t${path}\n`);
  const { value: line } = await answers.next();
  if (line === undefined) throw new Error(`Python ended at ${source}`);
  const theirs = JSON.parse(line);
  const bytes = readFileSync(valueFile);
  const result = difference(ours, theirs, new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8));
  const total = summary.get(kind) ?? { reader, files: 0, equal: 0, value: 0, mean: 0, millimetres: 0 };
  total.files++;
  total.equal += result.value === 0 ? 1 : 0;
  total.value = Math.max(total.value, result.value);
  total.mean = Math.max(total.mean, result.mean);
  total.millimetres = Math.max(total.millimetres, result.millimetres);
  summary.set(kind, total);
  // Decoders of lossy files may differ; the summary says by how much.
  if (result.millimetres < 1e-5 && (result.value === 0 || ours.lossy)) return;
  failures++;
  process.stdout.write(
    `${source}, ${kind}: shape ${ours.shape} and ${theirs.shape}, values differ by ${result.value}, position by ${result.millimetres} mm\n`,
  );
}

function difference(ours, theirs, values) {
  if (ours.shape.join() !== theirs.shape.join()) return { value: Infinity, mean: Infinity, millimetres: 0 };
  let value = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    // Scaled values are float32 here and float64 there.
    const their = ours.data instanceof Float32Array ? Math.fround(values[i]) : values[i];
    const distance = Object.is(ours.data[i], their) ? 0 : Math.abs(ours.data[i] - their);
    sum += distance;
    if (!(distance <= value)) value = distance;
  }
  const millimetres = Math.max(0, ...(theirs.affine ?? []).map((number, i) => Math.abs(number - ours.affine[i])));
  return { value, mean: sum / values.length, millimetres };
}
