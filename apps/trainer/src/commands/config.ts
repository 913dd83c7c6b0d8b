import { type ConfigInput, describeSettings, type RunConfig, resolveConfig } from '@medseg/pipeline';
import { Document, isCollection, isMap, isScalar, parseDocument, Scalar, type YAMLMap } from 'yaml';
import { presetText } from '../presets.ts';
import { output } from '../terminal/output.ts';
import { inputOf, type TrainCommandOptions } from './train.ts';

/** What decides a configuration on the command line. */
export type ConfigCommandOptions = Pick<TrainCommandOptions, 'preset' | 'network' | 'objective' | 'config' | 'set'>;

/** Columns of a line with its comment; longer comments stand above. */
const WIDTH = 100;

/** `medseg config`: prints a whole configuration as YAML that `train --config` takes, each setting with what it is for. */
export function configCommand(options: ConfigCommandOptions): void {
  const input = inputOf(options, {}, { withoutData: true });
  const { dir, layout, ...given } = (input.data ?? {}) as ConfigInput;
  const config = resolveConfig({ ...input, data: { ...given, dir: dir ?? '.', layout: layout ?? 'folder' } });
  const whole = { ...config, data: { ...config.data, dir, layout }, training: withoutMachine(config, input) };
  const explained = options.preset === undefined ? undefined : parseDocument(presetText(options.preset));
  output.result(commentedYaml(whole, config, explained).trimEnd().split('\n'));
}

/** Threads are of the machine, unless somebody has chosen them. */
function withoutMachine({ training }: RunConfig, input: ConfigInput): object {
  const { workers, ...rest } = training;
  return (input.training as ConfigInput | undefined)?.workers === undefined ? rest : training;
}

function commentedYaml(whole: object, config: RunConfig, explained: Document | undefined): string {
  const document = new Document(JSON.parse(JSON.stringify(whole)));
  const left = new Map<string, string[]>();
  for (const { path, text } of describeSettings(config)) {
    const own = commentAt(explained, path);
    const comment = own ?? text;
    if (!document.hasIn(path)) {
      const section = path.slice(0, -1);
      const known = left.get(section.join('.')) ?? left.set(section.join('.'), []).get(section.join('.'))!;
      if (document.hasIn(section)) known.push(` ${path.at(-1)}: ${text === '' ? '' : `(${text})`}`.trimEnd());
      continue;
    }
    addComment(document, path, comment);
  }
  for (const [section, lines] of left) {
    const node = document.getIn(section.split('.').filter(Boolean), true);
    if (isMap(node)) node.comment = lines.join('\n');
  }
  document.commentBefore = explained?.commentBefore ?? null;
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function commentAt(document: Document | undefined, path: readonly string[]): string | undefined {
  const node = document?.getIn(path, true) as { comment?: string | null } | undefined;
  return node?.comment?.trim();
}

/** Puts a comment behind a setting, or above it where the line would be long; lists stand on one line. */
function addComment(document: Document, path: readonly string[], comment: string): void {
  const node = document.getIn(path, true);
  if (isCollection(node) && !isMap(node)) node.flow = true;
  if (comment === '') return;
  const value = isScalar(node) ? String(node.value) : isMap(node) ? undefined : JSON.stringify(node);
  const length = 2 * path.length + path.at(-1)!.length + (value?.length ?? WIDTH) + comment.length + 4;
  if (length <= WIDTH && (isScalar(node) || isCollection(node))) {
    node.comment = ` ${comment}`;
    return;
  }
  const parent = document.getIn(path.slice(0, -1), true) as YAMLMap;
  const pair = parent.items.find(({ key }) => (isScalar(key) ? key.value : key) === path.at(-1))!;
  const key = isScalar(pair.key) ? pair.key : new Scalar(pair.key);
  key.commentBefore = ` ${comment}`;
  pair.key = key;
}
