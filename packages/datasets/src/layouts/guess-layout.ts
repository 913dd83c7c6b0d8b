import { requireText } from '@medseg/arguments';
import { DataError } from '../data-error.ts';
import { driveTruth } from './drive.ts';
import { baseName } from './file-names.ts';
import { imageFolders, maskFolders } from './folder.ts';
import type { LayoutName } from './names.ts';
import { type Folder, walk } from './walk.ts';

/** A layout that a folder may have, and what of its names says so. */
export interface LayoutGuess {
  /** The layout's name. */
  readonly layout: LayoutName;
  /** A name, or a few, that the layout is recognised by. */
  readonly sign: string;
}

type Rule = (folders: readonly Folder[], folder: Folder) => string | undefined;

/** What tells each layout; a rule is tried on every folder and returns the sign that it finds there. */
const RULES: Readonly<Partial<Record<LayoutName, Rule>>> = {
  manifest: (_, { names, files }) =>
    names.length === 0 ? files.find((file) => /^(manifest|list)\.(csv|json)$/i.test(file)) : undefined,
  decathlon: (folders, { names, files }) =>
    names.length === 0 && files.includes('dataset.json') ? both(folders, names, 'imagesTr', 'labelsTr') : undefined,
  abdomen: (folders, { names, files }) => {
    if (files.includes('dataset.json')) return undefined;
    const averaged = both(folders, names, 'averaged-training-images', 'averaged-training-labels');
    return averaged ?? both(folders, names, 'imagesTr', 'labelsTr') ?? numbered(folders, names);
  },
  brats: (_, { files }) => {
    const flair = files.find((file) => /[_-](flair|t2f)(_\d+)?\.[a-z.]+$/i.test(file));
    return flair !== undefined && files.some((file) => /[_-]seg(_\d+)?\.[a-z.]+$/i.test(file)) ? flair : undefined;
  },
  isic: (_, { files }) => files.find((file) => /^ISIC_\d+_segmentation\.png$/i.test(file)),
  lgg: (_, { names, files }) => {
    const mask = files.find((file) => /_mask\.tiff?$/i.test(file));
    const image = mask?.replace(/_mask(\.tiff?)$/i, '$1');
    return names.length > 0 && image !== undefined && files.includes(image) ? mask : undefined;
  },
  refuge: (_, { names, files }) =>
    names.some((name) => /disc[-_ ]?cup|^annotation-|[-_]gt$|^gts?$/i.test(name)) ||
    (/mask/i.test(names.at(-1) ?? '') && files.some((file) => /\.bmp$/i.test(file)))
      ? files.find((file) => /\.(bmp|png)$/i.test(file)) && names.join('/')
      : undefined,
  thyroid: (folders, { names, files }) => {
    if (files.some((file) => /^\d+_\d+\.jpe?g$/i.test(file))) {
      const outline = files.find((file) => /^\d+\.xml$/i.test(file));
      if (outline !== undefined) return outline;
    }
    const name = names.at(-1) ?? '';
    return /[-_]image$/i.test(name)
      ? both(folders, names.slice(0, -1), name, name.replace(/image$/i, 'mask'))
      : undefined;
  },
  dicom: (_, { names, files }) => {
    const file = files.find((each) => /\.(dcm|dicom|ima)$/i.test(each) || /^\d+(\.\d+){4,}$/.test(each));
    return file === undefined ? undefined : [...names, file].join('/');
  },
  // Without dataset.json too, which the layout then asks for.
  nnunet: (folders, { names, files }) =>
    names.length === 0 && both(folders, names, 'imagesTr', 'labelsTr')
      ? folders
          .find((each) => each.names.join('/') === 'imagesTr')
          ?.files.find((file) => (files.includes('dataset.json') ? /_\d{4}\.[a-z.]+$/i : /_0000\.[a-z.]+$/i).test(file))
      : undefined,
  totalsegmentator: (folders, { names, files }) => {
    const scan = files.find((file) => /^(ct|mri?)\.nii(\.gz)?$/i.test(file));
    return scan !== undefined && has(folders, [...names, 'segmentations'])
      ? `${scan} beside segmentations/`
      : undefined;
  },
  'class-folders': (_, { names, files }) => {
    const mask = files.find((file) => /_mask\.(png|jpe?g|bmp|gif)$/i.test(file));
    const image = mask && baseName(mask).replace(/_mask$/i, '');
    return names.length > 0 && files.some((file) => file !== mask && baseName(file) === image) ? mask : undefined;
  },
  folder: (folders, { names }) => {
    if (names.length > 0) return undefined;
    const drive = both(folders, ['training'], 'images', driveTruth);
    if (drive !== undefined) return `training/: ${drive}`;
    const [images, masks] = [imageFolders, maskFolders].map((all) => all.find((name) => has(folders, [name])));
    return images !== undefined && masks !== undefined ? `${images}/ and ${masks}/` : undefined;
  },
};

/** Layouts whose names leave no doubt, though their folders are those of another one as well. */
const MORE_SPECIFIC: readonly (readonly [specific: LayoutName, general: LayoutName])[] = [
  ['isic', 'folder'],
  ['decathlon', 'folder'],
  ['brats', 'folder'],
  ['nnunet', 'decathlon'],
  ['nnunet', 'folder'],
  ['nnunet', 'abdomen'],
];

/**
 * The layout of a folder, by the names of its files and folders alone; no file is opened. Of BraTS the classes are
 * taken, not the regions.
 *
 * Throws DataError where the names fit no layout or several, which it lists.
 *
 * @example const { layout, sign } = await guessLayout('data/Task04_Hippocampus')
 */
export async function guessLayout(dir: string): Promise<LayoutGuess> {
  requireText('guessLayout: dir', dir);
  const folders = await walk(dir, 4, []); // reading the layout names the links that lead nowhere
  if (!folders) throw new DataError([{ file: dir, rule: 'the data folder must exist' }]);
  const found = (Object.entries(RULES) as [LayoutName, Rule][]).flatMap(([layout, rule]): LayoutGuess[] => {
    for (const folder of folders) {
      const sign = rule(folders, folder);
      if (sign !== undefined) return [{ layout, sign }];
    }
    return [];
  });
  const general = new Set(
    MORE_SPECIFIC.filter(([specific]) => found.some(({ layout }) => layout === specific)).map(([, layout]) => layout),
  );
  const guesses = found.filter(({ layout }) => !general.has(layout));
  if (guesses.length === 1) return guesses[0]!;
  const rule =
    guesses.length === 0
      ? 'the names of a data folder must tell its layout, or the layout be named; they fit none'
      : `the names of a data folder must tell its layout, or the layout be named; they fit ${guesses.map(({ layout, sign }) => `${layout} (${sign})`).join(' and ')}`;
  throw new DataError([{ file: dir, rule }]);
}

function has(folders: readonly Folder[], names: readonly string[]): boolean {
  return folders.some((folder) => folder.names.join('/') === names.join('/'));
}

/** Whether two folders lie in a third, as a sign. */
function both(
  folders: readonly Folder[],
  parent: readonly string[],
  images: string,
  masks: string,
): string | undefined {
  return has(folders, [...parent, images]) && has(folders, [...parent, masks]) ? `${images}/ and ${masks}/` : undefined;
}

/** `img0001` in `img/` with `label0001` in `label/`, as BTCV has them. */
function numbered(folders: readonly Folder[], parent: readonly string[]): string | undefined {
  const first = (name: string): string | undefined =>
    folders
      .find((folder) => folder.names.join('/') === [...parent, name].join('/'))
      ?.files.find((file) => new RegExp(`^${name}\\d+$`, 'i').test(baseName(file)));
  const [image, label] = [first('img'), first('label')];
  return image !== undefined && label !== undefined ? `${image} and ${label}` : undefined;
}
