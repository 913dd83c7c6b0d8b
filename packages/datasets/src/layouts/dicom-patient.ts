import { basename, dirname, join } from 'node:path';
import { type DicomSeries, describeSeries, matchSeries, referencedSeries, type Segment } from '@medseg/image-io';
import { listDicomSeries, readBytes } from '@medseg/image-io/node';
import type { Case, DataProblem, DataRemark } from '../case.ts';
import { problemsOf } from '../reading/read-case.ts';
import { namesApart, plainName, segmentName } from '../reading/segment-classes.ts';
import { shortList } from '../short-list.ts';
import { segmentsOf } from './dicom-classes.ts';
import { dicomKind } from './dicom-kind.ts';
import { walk } from './walk.ts';

/** Names of DICOM files: a known ending, none, or the last number of a UID. */
const MAY_BE_DICOM = /\.(dcm|dicom|seg|ima|\d+)$|^[^.]+$/i;

/** Images that are no series to segment: doses lie beside the images that they were planned on. */
const notSegmented = /^(RT(?!IMAGE)|SEG$|SR$|PR$|KO$)/;

/** A series that may be a patient's image. */
interface Candidate extends DicomSeries {
  folder: string;
  /** The folder's name, empty where it is the patient's own. */
  name: string;
  /** Whether other series lie in the same folder. */
  isShared: boolean;
}

/** What a patient's folder holds. */
export interface FoundPatient {
  /** Absent where it cannot be used, or holds no DICOM file at all. */
  c?: Case;
  problems: DataProblem[];
  remarks: DataRemark[];
}

/** The case of a patient's folder, or what is wrong with it. */
export async function findPatient(folder: string, id: string, wanted: string | undefined): Promise<FoundPatient> {
  const problems: DataProblem[] = [];
  const remarks: DataRemark[] = [];
  const withPatient = (list: readonly DataProblem[]): DataProblem[] => list.map((each) => ({ ...each, patient: id }));
  const fail = (rule: string): FoundPatient => ({
    problems: withPatient([...problems, { file: folder, rule }]),
    remarks: [],
  });
  try {
    const { series, masks } = await filesOf(folder, problems);
    if (series.length === 0 && masks.length === 0) return { problems: withPatient(problems), remarks };
    const drawnOn = series.length > 1 ? await drawnSeries(masks) : new Map<string, string>();
    const chosen = chooseImage(series, wanted, new Set(drawnOn.values()));
    if ('rule' in chosen) return fail(chosen.rule);
    const others = new Set(series.map(({ uid }) => uid).filter((uid) => uid !== chosen.uid));
    const own = masks.filter((path) => !others.has(drawnOn.get(path) ?? ''));
    for (const path of masks)
      if (!own.includes(path))
        remarks.push({ file: path, text: 'a SEG of another series of the patient than the image is left out' });
    if (own.length === 0) return fail('a patient must have a DICOM SEG of the series, found none');
    if (own.some((path) => dirname(path) === chosen.folder))
      return fail('the DICOM SEG must be in another folder than the series');
    const several = own.length > 1 ? await annotatorsOrParts(own) : 'parts';
    if (typeof several === 'object') return fail(several.rule);
    const files = own.map((path) => ({
      path,
      ...(several === 'annotators' && { annotator: path.slice(dirname(path).length + 1).replace(/\.[a-z]+$/i, '') }),
    }));
    const c: Case = {
      id,
      patient: id,
      images: [chosen.folder],
      ...(chosen.isShared && { series: chosen.uid }),
      masks: files,
    };
    return { c, problems: withPatient(problems), remarks };
  } catch (error) {
    return { problems: withPatient([...problems, ...problemsOf(error)]), remarks };
  }
}

/** The series and the SEG files below a folder. */
async function filesOf(folder: string, problems: DataProblem[]): Promise<{ series: Candidate[]; masks: string[] }> {
  const series: Candidate[] = [];
  const masks: string[] = [];
  for (const { path, names, files } of (await walk(folder, 4, problems)) ?? []) {
    let hasImages = false;
    for (const [i, file] of files.entries()) {
      if (!MAY_BE_DICOM.test(file)) continue;
      // A long series is recognised by its first files; a SEG among them by its name.
      if (hasImages && i > 4 && !/seg/i.test(file)) continue;
      const kind = await dicomKind(join(path, file));
      if (kind === 'segmentation') masks.push(join(path, file));
      else if (kind === 'image') hasImages = true;
    }
    if (!hasImages) continue;
    const listed = await listDicomSeries(path);
    // What is wrong with images that do not even say their size is told when they are read.
    const all = listed.length > 0 ? listed : [{ uid: 'unknown', modality: '', description: '', slices: files.length }];
    const place = { folder: path, name: names.at(-1) ?? '', isShared: all.length > 1 };
    for (const each of all) if (!notSegmented.test(each.modality)) series.push({ ...each, ...place });
  }
  return { series, masks };
}

/**
 * What several SEG files of a series are: of annotators where they have the same segments, parts of one mask where no two
 * have one in common; else the rule that they break.
 */
async function annotatorsOrParts(paths: readonly string[]): Promise<'annotators' | 'parts' | { rule: string }> {
  const all: string[][] = [];
  const files: Segment[][] = [];
  for (const path of paths) files.push(await segmentsOf(path));
  for (const segments of files) all.push(segments.map(segmentName).sort());
  const apart = namesApart(files);
  const compared = all.map((each) => each.map((name) => (apart.has(plainName(name)) ? name : plainName(name))).sort());
  const [first, ...others] = compared.map((names) => names.join('\0'));
  if (others.every((names) => names === first)) return 'annotators';
  const names = compared.flatMap((each) => [...new Set(each)]);
  if (new Set(names).size === names.length) return 'parts';
  const found = all.map((each, i) => `${basename(paths[i]!)} (${each.join(', ')})`);
  return {
    rule: `the SEG files of a patient must have the same segments, one file per annotator, or different ones, as parts of one mask, got ${shortList(found)}`,
  };
}

/** The UIDs of the series that SEG files were drawn on, by file, where they say. */
async function drawnSeries(masks: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of masks) {
    const uid = referencedSeries(await readBytes(path), path);
    if (uid !== undefined) found.set(path, uid);
  }
  return found;
}

/** The series that is the image, or why there is none. */
function chooseImage(
  series: readonly Candidate[],
  wanted: string | undefined,
  drawnOn: ReadonlySet<string>,
): Candidate | { rule: string } {
  if (series.length === 0) return { rule: 'a patient must have a DICOM series, found none' };
  const fitting = wanted === undefined ? series : matchSeries(series, wanted);
  const ways: ((each: Candidate) => boolean)[] = [
    () => true,
    ({ uid }) => drawnOn.has(uid),
    ({ name }) => /^images?$/i.test(name),
  ];
  for (const way of ways) {
    const [first, second] = fitting.filter(way);
    if (first && !second) return first;
  }
  const list = describeSeries(fitting.length > 0 ? fitting : series);
  if (wanted === undefined)
    return {
      rule: `a patient must have one DICOM series, or the option series must choose one by UID, description or modality, got ${list}`,
    };
  return fitting.length === 0
    ? { rule: `a patient must have the DICOM series ${JSON.stringify(wanted)}, got ${list}` }
    : { rule: `the option series must choose one DICOM series, but ${JSON.stringify(wanted)} fits ${list}` };
}
