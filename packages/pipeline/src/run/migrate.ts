type Fields = Readonly<Record<string, unknown>>;

/** Names that changed from format 2 to 3. */
const LAYOUTS: Readonly<Record<string, string>> = { list: 'manifest' };
const REFERENCES: Readonly<Record<string, string>> = { seed: 'deepmancer' };

/** What `run.json` of an earlier format says, in the words of this one; anything else is returned as it is. */
export function migrateRunInfo(info: unknown): unknown {
  if (!isFields(info) || info.format !== 'medseg-run-2') return info;
  const { config, source } = info;
  return {
    ...info,
    format: 'medseg-run-3',
    ...(isFields(config) && { config: migrateConfig(config) }),
    ...(isFields(source) && { source: { ...source, reference: renamed(source.reference, REFERENCES) } }),
  };
}

function migrateConfig(config: Fields): Fields {
  if (!isFields(config.data)) return config;
  const { readers, layout, ...data } = config.data;
  return {
    ...config,
    data: {
      ...data,
      layout: renamed(layout, LAYOUTS),
      ...(readers !== undefined && { loaderThreads: readers }),
    },
  };
}

function renamed(name: unknown, names: Readonly<Record<string, string>>): unknown {
  return typeof name === 'string' && Object.hasOwn(names, name) ? names[name] : name;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
