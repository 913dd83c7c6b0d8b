import type { Listing } from '../case.ts';
import { listAbdomen } from './abdomen.ts';
import { listBrats } from './brats.ts';
import { listClassFolders } from './class-folders.ts';
import { listDecathlon } from './decathlon.ts';
import { listDicom } from './dicom.ts';
import { type ListOptions, listFolder } from './folder.ts';
import { listIsic } from './isic.ts';
import { listLgg } from './lgg.ts';
import { listManifest } from './manifest.ts';
import type { LayoutName } from './names.ts';
import { listNnunet } from './nnunet.ts';
import { listRefuge } from './refuge.ts';
import { listThyroid } from './thyroid.ts';
import { listTotalSegmentator } from './totalsegmentator.ts';

/** Finds the cases in a folder without opening the files. */
export type Layout = (dir: string, options?: ListOptions) => Promise<Listing>;

/** Every layout by its name. */
export const LAYOUTS: Readonly<Record<LayoutName, Layout>> = {
  lgg: listLgg,
  isic: listIsic,
  brats: (dir, options) => listBrats(dir, options),
  'brats-regions': (dir, options) => listBrats(dir, { ...options, regions: true }),
  refuge: listRefuge,
  thyroid: listThyroid,
  decathlon: listDecathlon,
  nnunet: listNnunet,
  abdomen: listAbdomen,
  totalsegmentator: listTotalSegmentator,
  folder: listFolder,
  'class-folders': listClassFolders,
  manifest: listManifest,
  dicom: listDicom,
  // writePhantom writes the layout of LGG.
  phantom: listLgg,
};
