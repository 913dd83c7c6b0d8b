import type { Matrix, Triple } from '@medseg/image-io';
import type { ClassMap } from './class-map.ts';
import type { Normalization } from './slicing/normalize.ts';
import type { Place } from './slicing/view.ts';

/** A mask of a case, drawn by one annotator. */
export interface MaskFile {
  path: string;
  /** The annotator, where a case has more than one mask. */
  annotator?: string;
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
  /** One mask per annotator; all have the image's grid. */
  masks: MaskFile[];
  /** What the values of the masks mean; without it a mask has two values, and the brighter one is foreground. */
  classes?: ClassMap;
  /**
   * Cases of one group go into the same split though their patients differ: their images are nearly the same. Found by
   * `checkCases`.
   */
  group?: string;
  /** The first image of those of a group that are nearly the same as this one, perhaps this one itself. */
  duplicateOf?: string;
  /** What the case is evenly spread by over splits, such as a hospital. */
  stratum?: string;
  /** What `checkCases` found in the files. */
  facts?: CaseFacts;
}

/** What the files of a case hold. */
export interface CaseFacts {
  /** [width, height] of an image, voxels along i, j and k of a volume. */
  size: readonly [number, number] | Triple;
  channels: number;
  /** Type of the samples in the file. */
  dtype: string;
  /** Millimetres between voxels; absent for images. */
  spacing?: Triple;
  direction?: Matrix;
  minimum: number;
  maximum: number;
  mean: number;
  /** Pixels of each class, of any annotator. */
  foreground: number[];
  /** Pixels of any class, a number for each index along i, j and k; for volumes. */
  foregroundAlong?: [number[], number[], number[]];
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
}

/** Patients assigned to a part of the split by name. */
export interface NamedPatients {
  validationPatients?: string[];
  testPatients?: string[];
  /** Where these are given too, the split must cover every patient; without them, all others are trained on. */
  trainPatients?: string[];
  /** The file that names them, for messages. */
  source?: string;
}

/** The contents of a folder: the cases that can be used and the problems of the rest. */
export interface Listing {
  cases: Case[];
  problems: DataProblem[];
  /** What was assumed about the cases that can be used. */
  remarks?: DataRemark[];
  /** The layout's classes; each case has them too. */
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
  patient: string;
  height: number;
  width: number;
  channels: number;
  /** K. */
  classes: number;
  /** Normalised intensities, [height, width, channels]. */
  image: Float32Array;
  /** 0 or 1, between them where annotators are averaged or edges are soft; [height, width, classes]. */
  mask: Float32Array;
  /** [height, width] in the file. */
  originalSize: [height: number, width: number];
  /** Millimetres between rows and between columns of this sample, where the file says. */
  spacing?: [row: number, column: number];
  /** The case it is of and where it lies there. */
  source?: { caseId: string; place: Place };
}
