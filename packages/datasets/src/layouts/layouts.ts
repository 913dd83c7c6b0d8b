import type { CaseReading, Listing } from '../case.ts';
import { DataError } from '../data-error.ts';
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
import { doubtfulClasses, unreadFiles } from './unread.ts';

/** Options of a layout that is given by name. */
export interface LayoutOptions extends ListOptions, CaseReading {}

/** Finds the cases in a folder without opening the files. */
export type Layout = (dir: string, options?: LayoutOptions) => Promise<Listing>;

const layouts: Readonly<Record<LayoutName, (dir: string, options?: ListOptions) => Promise<Listing>>> = {
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

/**
 * Every layout by its name. What `options` say of how files are read becomes `reading` of each case.
 *
 * A layout throws RangeError for a threshold that is not finite and a limit that is no positive number of bytes, and
 * DataError for a threshold where masks have classes.
 */
export const LAYOUTS: Readonly<Record<LayoutName, Layout>> = Object.fromEntries(
  Object.entries(layouts).map(([name, list]) => [name, withReading(withDoubts(list, name as LayoutName))]),
) as Record<LayoutName, Layout>;

/** A layout that also remarks on what is not read though its name suggests it. */
function withDoubts(list: (typeof layouts)[LayoutName], layout: LayoutName): (typeof layouts)[LayoutName] {
  return async (dir, options) => {
    const listing = await list(dir, options);
    const doubts = [...(await unreadFiles(dir, layout)), ...doubtfulClasses(listing, dir)];
    return doubts.length > 0 ? { ...listing, remarks: [...(listing.remarks ?? []), ...doubts] } : listing;
  };
}

function withReading(list: (typeof layouts)[LayoutName]): Layout {
  return async (dir, { maskThreshold, maxFileBytes, ...options } = {}) => {
    if (maskThreshold !== undefined && !Number.isFinite(maskThreshold))
      throw new RangeError(`maskThreshold must be a number, got ${maskThreshold}`);
    if (maxFileBytes !== undefined && !(maxFileBytes > 0))
      throw new RangeError(`maxFileBytes must be a positive number of bytes, got ${maxFileBytes}`);
    const listing = await list(dir, options);
    if (maskThreshold === undefined && maxFileBytes === undefined) return listing;
    const labelled = listing.cases.find((c) => c.classes && c.masks.some(({ ofClass }) => ofClass === undefined));
    if (maskThreshold !== undefined && labelled) {
      const rule = `a mask threshold is for masks without classes, got ${maskThreshold} and the classes ${labelled.classes!.names.join(', ')}`;
      throw new DataError([{ file: dir, rule }]);
    }
    const reading = {
      ...(maskThreshold !== undefined && { maskThreshold }),
      ...(maxFileBytes !== undefined && { maxFileBytes }),
    };
    return { ...listing, cases: listing.cases.map((c) => ({ ...c, reading })) };
  };
}
