import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The reference that a fixture's network comes from; undefined where it is none of ours. */
export type NetworkKind = 'seed' | 'lucidrains' | 'official' | undefined;

const kinds: readonly (readonly [NonNullable<NetworkKind>, model: RegExp])[] = [
  ['seed', /deepmancer/i],
  ['lucidrains', /med-seg-diff-pytorch|lucidrains/i],
  ['official', /SuperMedIntel/i],
];

/**
 * The network fixtures of a folder, in order: descriptions with a `config`. What a network is stands in its `model`, or
 * else in the file's name. A description that is no JSON counts as a network that nothing knows.
 */
export function networkFixtures(folder: string): { name: string; kind: NetworkKind }[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .flatMap((file) => {
      const name = file.slice(0, -'.json'.length);
      const byName = kinds.find(([kind]) => name.startsWith(`${kind}-`))?.[0];
      let description: { config?: unknown; model?: unknown; losses?: unknown };
      try {
        description = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      } catch {
        return [{ name, kind: byName }];
      }
      if (byName === undefined && (typeof description !== 'object' || !description || !('config' in description))) {
        return [];
      }
      if ('losses' in description) return []; // a whole training
      const byModel = kinds.find(([, model]) => model.test(String(description.model)))?.[0];
      return [{ name, kind: byModel ?? byName }];
    });
}
