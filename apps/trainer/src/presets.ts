import { readFileSync } from 'node:fs';

/** The configurations that come with the command, by name: files of `presets/`, which stands beside this folder and the built command. */
export const PRESET_NAMES = [
  'medseg',
  'unet',
  'deepmancer',
  'lucidrains',
  'official-v1',
  'official-new',
  'v2',
] as const;
/** The name of a preset. */
export type PresetName = (typeof PRESET_NAMES)[number];

/** The text of a preset, YAML with comments. */
export function presetText(name: PresetName): string {
  return readFileSync(new URL(`../presets/${name}.yaml`, import.meta.url), 'utf8');
}
