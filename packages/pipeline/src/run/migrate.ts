type Fields = Readonly<Record<string, unknown>>;

/** References that were called otherwise in format 2; former names of layouts are known to the configuration. */
const REFERENCES: Readonly<Record<string, string>> = { seed: 'deepmancer' };

/** What `run.json` of an earlier format says, in the words of this one; anything else is returned as it is. */
export function migrateRunInfo(info: unknown): unknown {
  if (!isFields(info) || info.format !== 'medseg-run-2') return info;
  const { config, source } = info;
  return {
    ...info,
    format: 'medseg-run-3',
    ...(isFields(config) && { config: migrateConfig(config) }),
    ...(isFields(source) && { source: { ...source, reference: referenceName(source.reference) } }),
  };
}

function migrateConfig(config: Fields): Fields {
  if (!isFields(config.data)) return config;
  const { readers, ...data } = config.data;
  return { ...config, data: { ...data, ...(readers !== undefined && { loaderThreads: readers }) } };
}

function referenceName(name: unknown): unknown {
  return typeof name === 'string' && Object.hasOwn(REFERENCES, name) ? REFERENCES[name] : name;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
