/** One image with its mask, as a layout found it on disk. */
export interface Case {
  /** Unique within the data set; names the output files. */
  id: string;
  /** Cases of one patient look alike and always go into the same split. */
  patient: string;
  imagePath: string;
  maskPath: string;
}

/** Something wrong with one file of a data set. */
export interface DataProblem {
  /** Path of the file or folder. */
  file: string;
  /** The rule it breaks, with the value found. */
  rule: string;
}

/** What a folder holds: the cases that can be used and what is wrong with the rest. */
export interface Listing {
  cases: Case[];
  problems: DataProblem[];
}

/** A case ready for a network. */
export interface Sample {
  id: string;
  patient: string;
  height: number;
  width: number;
  channels: number;
  /** Normalised intensities, [height, width, channels]. */
  image: Float32Array;
  /** 0 or 1, [height, width]. */
  mask: Float32Array;
  /** [height, width] of the file. */
  originalSize: [height: number, width: number];
}
