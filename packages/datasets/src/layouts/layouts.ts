import { type OptionNames, pickOptions, requireOptions } from '@medseg/arguments';
import type { CaseReading, Listing } from '../case.ts';
import { DataError } from '../data-error.ts';
import { listAbdomen } from './abdomen.ts';
import { listBrats } from './brats.ts';
import { listClassFolders } from './class-folders.ts';
import { listDecathlon } from './decathlon.ts';
import { listDicom } from './dicom.ts';
import { type ListOptions, listFolder, listOptionNames } from './folder.ts';
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

const layoutOptionNames: OptionNames<LayoutOptions> = { ...listOptionNames, maskThreshold: true, maxFileBytes: true };

/** Finds the cases in a folder without opening the files. */
export type Layout = (dir: string, options?: LayoutOptions) => Promise<Listing>;

type List = (dir: string, options?: ListOptions) => Promise<Listing>;

const layouts: Readonly<Record<LayoutName, List>> = {
  lgg: only({ classes: true }, listLgg),
  isic: listIsic,
  brats: only({ classes: true }, listBrats),
  'brats-regions': only({ classes: true }, (dir, options) => listBrats(dir, { ...options, regions: true })),
  refuge: listRefuge,
  thyroid: listThyroid,
  decathlon: listDecathlon,
  nnunet: listNnunet,
  abdomen: only({ classes: true }, listAbdomen),
  totalsegmentator: only({ classes: true }, listTotalSegmentator),
  folder: listFolder,
  'class-folders': listClassFolders,
  manifest: listManifest,
  dicom: only({ classes: true, series: true }, listDicom),
  // writePhantom writes the layout of LGG.
  phantom: only({ classes: true }, listLgg),
};

/** A layout that takes fewer options than others do: what is said of all data is passed on where it is read. */
function only(names: Readonly<Record<string, true>>, list: List): List {
  return (dir, options = {}) => list(dir, pickOptions(options, names as OptionNames<ListOptions>));
}

/**
 * Every layout by its name. What `options` say of how files are read becomes `reading` of each case.
 *
 * A layout throws RangeError for a threshold that is not finite and a limit that is no positive number of bytes, and
 * DataError for a threshold where masks have classes.
 */
export const LAYOUTS: Readonly<Record<LayoutName, Layout>> = Object.fromEntries(
  Object.entries(layouts).map(([name, list]) => [name, withReading(withDoubts(list, name as LayoutName), name)]),
) as Record<LayoutName, Layout>;

/** A layout that also remarks on what is not read though its name suggests it. */
function withDoubts(list: List, layout: LayoutName): List {
  return async (dir, options) => {
    const listing = await list(dir, options);
    const doubts = [...(await unreadFiles(dir, layout)), ...doubtfulClasses(listing, dir)];
    return doubts.length > 0 ? { ...listing, remarks: [...(listing.remarks ?? []), ...doubts] } : listing;
  };
}

function withReading(list: List, name: string): Layout {
  return async (dir, given = {}) => {
    requireOptions(`LAYOUTS.${name}`, given, layoutOptionNames);
    const { maskThreshold, maxFileBytes, ...options } = given;
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
