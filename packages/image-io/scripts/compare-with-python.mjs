// Reads every image, volume and DICOM segmentation of a folder here and in Python (Pillow, tifffile, nibabel, SimpleITK,
// pydicom, highdicom), and says where values or positions differ. Each is also written here, and what Python reads from
// that is compared. A DICOM series is written as a segmentation of each type.
// Build first. Usage: MEDSEG_PYTHON=python3 node scripts/compare-with-python.mjs [FOLDER]
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createVolume, decodeDicomLabels, decodeDicomSegmentation } from '../dist/index.js';
import { readImage, readVolume, writeImage, writeSegmentation, writeVolume } from '../dist/node.js';

const shared = process.env.MEDSEG_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const [folder = join(shared, 'data'), python = process.env.MEDSEG_PYTHON ?? 'python3'] = process.argv.slice(2);
const isNifti = (path) => /\.(nii|nii\.gz|hdr)$/.test(path);
const isVolume = (path) => isNifti(path) || /\.(nrrd|nhdr|mha|mhd)$/.test(path);
const isImage = (path) => /\.(png|tiff?|jpe?g|bmp)$/.test(path);
const isSegmentation = (path) => /(seg[^/]*|liver)\.(dcm|seg)$|\.seg$/.test(path);

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
    if (isImage(path)) await comparePicture(path);
    if (isSegmentation(path)) await compare(await readSegments(path), 'highdicom', path, 'DICOM SEG');
    if (!isVolume(path) && !isDicomImage(path)) continue;
    const volume = await readVolume(path);
    if (isDicomImage(path)) {
      await compare(ofVolume(volume), 'pydicom', path, 'DICOM');
      if (volume.size[2] > 1) await compareSegmentations(path, volume);
    }
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
  await compareLabels();
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
  if (!statSync(path).isDirectory()) return path.endsWith('.dcm') && !isSegmentation(path);
  const files = readdirSync(path);
  return files.length > 1 && files.every((file) => file.endsWith('.dcm')) && !files.some(isSegmentation);
}

async function comparePicture(path) {
  const image = await readImage(path);
  const { height, width, channels, data } = image;
  const ours = { shape: [1, height, width, channels], data };
  await compare(ours, 'Pillow', path, extname(path));
  if (/\.tiff?$/.test(path)) await compare(ours, 'tifffile', path, `${extname(path)}, tifffile`);
  for (const [ending, reader] of [
    ['.png', 'Pillow'],
    ['.tif', 'tifffile'],
  ]) {
    const copy = join(temporary, `copy${ending}`);
    await writeImage(copy, image);
    await compare(ours, reader, copy, `written ${ending}`, path);
  }
}

async function readSegments(path) {
  return ofVolume((await decodeDicomSegmentation(readFileSync(path), path)).volume);
}

/** Segments of a series, by brightness, written in each way. */
async function compareSegmentations(path, volume) {
  const { size, spacing, origin, direction, data } = volume;
  const [least, most] = data.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  const labels = Uint8Array.from(data, (value) => Math.min(2, Math.floor(((value - least) / (most - least)) * 3)));
  const fractions = new Float32Array(2 * data.length).map((_, i) => ((i * 31) % 256) / 255);
  const grid = { size, spacing, origin, direction };
  const segments = [1, 2].map((number) => ({ number, label: `Brightness ${number}` }));
  for (const type of ['BINARY', 'LABELMAP', 'FRACTIONAL']) {
    const written =
      type === 'FRACTIONAL'
        ? createVolume({ ...grid, channels: 2, data: fractions })
        : createVolume({ ...grid, data: labels });
    const copy = join(temporary, 'seg.dcm');
    const random = Math.random;
    await writeSegmentation(copy, written, { source: path, segments, type, random, omitEmptyFrames: false });
    const channels = new Uint8Array(2 * data.length);
    for (const [i, label] of labels.entries()) if (label > 0) channels[2 * i + label - 1] = 1;
    const ours = ofVolume({ ...grid, channels: 2, data: type === 'FRACTIONAL' ? fractions : channels });
    await compare(ours, 'highdicom', copy, `written ${type} SEG`, path);
  }
}

/** The two segmentations whose labels others have saved as NRRD. */
async function compareLabels() {
  for (const [segmentation, nrrd] of [
    ['liver.dcm', 'liver_seg.nrrd'],
    ['series_24x38x3/seg/label.seg', 'series_24x38x3/nrrd/label.nrrd'],
  ]) {
    const path = join(folder, 'formats/dicom', segmentation);
    if (!statSync(path, { throwIfNoEntry: false })) continue;
    const { volume } = await decodeDicomLabels(readFileSync(path), path);
    await compare(ofVolume(volume), 'SimpleITK', join(folder, 'formats/dicom', nrrd), 'SEG labels as NRRD', path);
  }
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
  if (result.millimetres < 1e-5 && result.value === 0) return;
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
