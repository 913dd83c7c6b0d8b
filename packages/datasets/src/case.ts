import { requireObject } from '@medseg/arguments';
import type { Matrix, Triple } from '@medseg/image-io';
import type { ClassMap } from './class-map.ts';
import type { Normalization } from './slicing/normalize.ts';
import type { Place } from './slicing/view.ts';

/**
 * A mask of a case, or a part of one: the files of one annotator, such as one file per lesion or per class, are united.
 */
export interface MaskFile {
  /** Path of the file. */
  path: string;
  /** Who drew it, where a case has the masks of several annotators. */
  annotator?: string;
  /** The class that the file marks, where there is one file of two values per class; a name of the case's `classes`. */
  ofClass?: string;
}

/** How the files of a case are read. */
export interface CaseReading {
  /**
   * For masks without classes whose edges are soft: pixels whose mean over the channels is at least this are foreground,
   * in the units of the file.
   */
  maskThreshold?: number;
  /** Largest decoded file in bytes; 1 GiB unless given. */
  maxFileBytes?: number;
}

/** One image or volume with its masks, as a layout found it on disk. */
export interface Case {
  /** Unique within the data set; names the output files. */
  id: string;
  /** Cases of one patient look alike and always go into the same split. */
  patient: string;
  /** One file, or several of one grid whose channels are stacked in this order. A folder is a DICOM series. */
  images: string[];
  /** UID of the DICOM series, where a folder among the images holds several. */
  series?: string;
  /** One mask per annotator, each in one or more files; all have the image's grid. */
  masks: MaskFile[];
  /** What the values of the masks mean; without it a mask has two values; 0, or else the darker one, is background. */
  classes?: ClassMap;
  /** How its files are read, where not by default. */
  reading?: CaseReading;
  /**
   * Cases of one group go into the same split though their patients differ: their images are nearly the same. Found by
   * `checkCases`. Absent where no image of another patient is.
   */
  group?: string;
  /**
   * The first image of those of a group that are nearly the same as this one, perhaps this one itself. Absent where
   * there is no group.
   */
  duplicateOf?: string;
  /** What the case is evenly spread by over splits, such as a hospital. Absent unless a list gives it. */
  stratum?: string;
  /** What `checkCases` found in the files. Absent before. */
  facts?: CaseFacts;
}

/**
 * The number of masks of a case, one per annotator.
 *
 * @example annotatorCount({ masks: [{ path: 'a_rater1.png', annotator: '1' }, { path: 'a_rater2.png', annotator: '2' }] }) // 2
 */
export function annotatorCount(c: Pick<Case, 'masks'>): number {
  requireObject('annotatorCount: c', c, ['masks']);
  const { masks } = c;
  return new Set(masks.map(({ annotator }) => annotator)).size;
}

/** What an image or a volume holds. */
export interface ScanFacts {
  /** [width, height] of an image, voxels along i, j and k of a volume. */
  size: readonly [number, number] | Triple;
  /** Values a pixel or voxel. */
  channels: number;
  /** Type of the samples in the file. */
  dtype: string;
  /** Millimetres between voxels; absent for images. */
  spacing?: Triple;
  /** Directions of the axes, 3 x 3; absent for images. */
  direction?: Matrix;
  /** The modality that a DICOM file names. Absent where none does. */
  modality?: string;
  /** Smallest value of all channels. */
  minimum: number;
  /** Largest value of all channels. */
  maximum: number;
  /** Mean of all values. */
  mean: number;
  /**
   * The 0.5 and 99.5 percentile of the intensities of each channel other than 0; about, of large files. Absent where
   * they were not measured.
   */
  percentiles?: (readonly [low: number, high: number])[];
}

/** What the files of a case hold. */
export interface CaseFacts extends ScanFacts {
  /** What scans of the same size and intensities have in common; absent where there is but one value. */
  fingerprint?: string;
  /**
   * Hashes of what training sees of the files, by which a later change is noticed. Absent where the facts are of an earlier
   * version.
   */
  content?: {
    /** Of the intensities and, of a volume, of where it lies. */
    image: string;
    /** Of the classes of each pixel, and of who drew them. */
    masks: string;
  };
  /** Pixels of each class, of any annotator. */
  foreground: number[];
  /** Pixels of any class, a number for each index along i, j and k; for volumes. Absent for images. */
  foregroundAlong?: [number[], number[], number[]];
  /** Pixels that every annotator says to ignore; absent where there are none. */
  ignored?: number;
  /** Those of them along i, j and k, for volumes; absent for images. */
  ignoredAlong?: [number[], number[], number[]];
}

/** Something wrong with one file of a data set. */
export interface DataProblem {
  /** Path of the file or folder. */
  file: string;
  /** The rule it breaks, with the value found. */
  rule: string;
  /** Whose file it is, where that is known. */
  patient?: string;
}

/** Something that the user should know about a data set: what was assumed, or read otherwise than a file says. */
export interface DataRemark {
  /** Path of the file or folder. */
  file: string;
  /** The same words for every file of a kind, so that they can be counted. */
  text: string;
  /** What differs from file to file, such as a number of voxels. Absent where nothing does. */
  detail?: string;
}

/** Patients assigned to a part of the split by name. */
export interface NamedPatients {
  /** Patients of the validation part. Default none. */
  validationPatients?: string[];
  /** Patients of the test part. Default none. */
  testPatients?: string[];
  /** Where these are given too, the split must cover every patient; without them, all others are trained on. */
  trainPatients?: string[];
  /** The file that names them, for messages. Default: messages name no file. */
  source?: string;
}

/** The contents of a folder: the cases that can be used and the problems of the rest. */
export interface Listing {
  /** The cases that can be used. */
  cases: Case[];
  /** What is wrong with the rest, file by file. */
  problems: DataProblem[];
  /** What was assumed about the cases that can be used. Absent where there is nothing to say. */
  remarks?: DataRemark[];
  /** The layout's classes; each case has them too. Absent where masks have two values. */
  classes?: ClassMap;
  /** How the intensities of this kind of data are normalised by default. */
  normalization?: Normalization;
  /** The data set's own split, where its layout has one. */
  split?: NamedPatients;
}

/** An image, slice or patch ready for a network. */
export interface Sample {
  /** The case's id, with the place in it where it has several. */
  id: string;
  /** The case's patient. */
  patient: string;
  /** Rows. */
  height: number;
  /** Columns. */
  width: number;
  /** Channels of the image, of all slices that it has. */
  channels: number;
  /** K. */
  classes: number;
  /** Normalised intensities, [height, width, channels]. */
  image: Float32Array;
  /** 0 or 1, between them where annotators are averaged or edges are soft; [height, width, classes]. */
  mask: Float32Array;
  /** How much each pixel counts, 0 to 1: 0 where the mask says to ignore it, [height, width]; absent where all do. */
  pixelWeights?: Float32Array;
  /** [height, width] in the file. */
  originalSize: [height: number, width: number];
  /** Millimetres between rows and between columns of this sample, where the file says. */
  spacing?: [row: number, column: number];
  /** The case it is of and where it lies there. */
  source?: {
    /** Id of the case. */
    caseId: string;
    /** Slice and window in the case. */
    place: Place;
  };
}
