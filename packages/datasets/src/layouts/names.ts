/** The layouts that a command line and a configuration offer by name; `LAYOUTS` of `@medseg/datasets/node` has one each. */
export const LAYOUT_NAMES = [
  'lgg',
  'isic',
  'brats',
  'brats-regions',
  'refuge',
  'thyroid',
  'decathlon',
  'nnunet',
  'abdomen',
  'totalsegmentator',
  'folder',
  'class-folders',
  'manifest',
  'dicom',
  'phantom',
] as const;

/** The name of a layout. */
export type LayoutName = (typeof LAYOUT_NAMES)[number];

/** Names that layouts had in earlier versions, which old runs and commands still use. */
const earlierNames: ReadonlyMap<string, LayoutName> = new Map([['list', 'manifest']]);

/**
 * The current name of a layout: `manifest` for `list`; any other name as it is, known or not.
 *
 * @example currentLayoutName('list') // 'manifest'
 */
export function currentLayoutName(name: string): string {
  return earlierNames.get(name) ?? name;
}
