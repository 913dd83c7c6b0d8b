import { requireObject } from '@medseg/arguments';
import { z } from 'zod';
import { configSchema, type RunConfig } from './schema.ts';

interface Described {
  readonly description?: string;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly anyOf?: readonly Described[];
  readonly oneOf?: readonly Described[];
  readonly allOf?: readonly Described[];
}

/** What a setting is for. */
export interface SettingDescription {
  /** The names that lead to it, such as `['training', 'batchSize']`. */
  readonly path: readonly string[];
  /** A phrase; empty where the name says it all. */
  readonly text: string;
}

/**
 * Every setting that the configuration of a network may have, in order, with what it is for; also those that are left out
 * of the configuration given.
 *
 * @example
 * const config = resolveConfig({ data: { dir: '.', layout: 'folder' } });
 * describeSettings(config).find(({ path }) => path.join('.') === 'training.patience')!.text
 * // 'end a phase after so many validations without a better one; 0: never'
 */
export function describeSettings(config: RunConfig): SettingDescription[] {
  requireObject('describeSettings: config', config, ['network']);
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Described;
  return [...walk(schema, [], config.network.name)];
}

function* walk(schema: Described, path: readonly string[], network: string): Generator<SettingDescription> {
  const fields = fieldsOf(schema, network);
  if (path.length > 0) yield { path, text: schema.description ?? '' };
  for (const [name, field] of Object.entries(fields)) yield* walk(field, [...path, name], network);
}

/** Those of the chosen network, where networks differ. */
function fieldsOf(
  { properties, anyOf, oneOf, allOf }: Described,
  network: string,
): Readonly<Record<string, Described>> {
  if (properties) return properties;
  const options = anyOf ?? oneOf;
  const chosen = options?.find((option) => option.properties?.name?.const === network);
  if (chosen) return chosen.properties!;
  return allOf?.[0] ? fieldsOf(allOf[0], network) : {};
}
