type Fields = Readonly<Record<string, unknown>>;

/** References that were called otherwise in format 2; former names of layouts are known to the configuration. */
const REFERENCES: Readonly<Record<string, string>> = { seed: 'deepmancer' };

/** What `run.json` of an earlier format says, in the words of this one; anything else is returned as it is. */
export function migrateRunInfo(info: unknown): unknown {
  if (!isFields(info)) return info;
  if (info.format === 'medseg-run-2') return migrateRunInfo(fromFormat2(info));
  if (info.format === 'medseg-run-3') return migrateRunInfo(fromFormat3(info));
  return info.format === 'medseg-run-4' ? fromFormat4(info) : info;
}

function fromFormat2(info: Fields): Fields {
  const { config, source } = info;
  return {
    ...info,
    format: 'medseg-run-3',
    ...(isFields(config) && { config: renameReaders(config) }),
    ...(isFields(source) && { source: { ...source, reference: referenceName(source.reference) } }),
  };
}

/** Up to format 3 the network's last convolutions padded with zeros. */
function fromFormat3(info: Fields): Fields {
  const { config } = info;
  return {
    ...info,
    format: 'medseg-run-4',
    ...(isFields(config) && { config: { ...config, network: { ...fieldsOf(config.network), headPadding: 'zeros' } } }),
  };
}

/** Up to format 4 there was one network, fed with a sharpened anchor, and validations took the steps of sampling. */
function fromFormat4(info: Fields): Fields {
  const { config } = info;
  return {
    ...info,
    format: 'medseg-run-5',
    ...(isFields(config) && {
      config: {
        ...config,
        network: { anchorInput: 'sharpened', ...fieldsOf(config.network), name: 'medseg' },
        training: { ...fieldsOf(config.training), validationSteps: fieldsOf(config.sampling).steps ?? 3 },
      },
    }),
  };
}

function renameReaders(config: Fields): Fields {
  if (!isFields(config.data)) return config;
  const { readers, ...data } = config.data;
  return { ...config, data: { ...data, ...(readers !== undefined && { loaderThreads: readers }) } };
}

function referenceName(name: unknown): unknown {
  return typeof name === 'string' && Object.hasOwn(REFERENCES, name) ? REFERENCES[name] : name;
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
