import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The repository. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** Where examples lie while they are checked and run. */
export const generated: string = join(root, 'tests', 'docstrings', 'generated');

/** An `@example` of a docstring, and what it needs to run. */
export interface Example {
  /** `packages/metrics/src/overlap/overlap.ts:27`. */
  name: string;
  /** The example as a module whose function `example` runs it. */
  module: string;
  /** Whether it can be run: it needs no file, no other backend and none of the networks. */
  runs: boolean;
}

const folders = readdirSync(join(root, 'packages')).filter((name) => name !== 'test-support');
const parse = (file: string, text = readFileSync(file, 'utf8')): ts.SourceFile =>
  ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

/** Names that a module exports, each with whether it has a value at run time. */
function exportsOf(file: string): Map<string, boolean> {
  const names = new Map<string, boolean>();
  for (const statement of parse(file).statements) {
    if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)) {
      for (const { name } of statement.exportClause.elements) names.set(name.text, true);
      continue;
    }
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
    const hasValue = !modifiers.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);
    if (ts.isVariableStatement(statement))
      for (const { name } of statement.declarationList.declarations) names.set(name.getText(), hasValue);
    else if ('name' in statement && statement.name) names.set((statement.name as ts.Identifier).text, hasValue);
  }
  return names;
}

interface Source {
  from: string;
  names: Map<string, boolean>;
  runs: boolean;
}

function sourceOf(file: string, from: string = file): Source[] {
  if (!existsSync(file)) return [];
  // Entries for Node need files, backends are loaded by tests of their own, and building the networks takes too long.
  return [{ from, names: exportsOf(file), runs: !/\/node\.ts$|packages\/(backend-|models\/)/.test(file) }];
}

const entries = (folder: string): Source[] =>
  ['index', 'node', 'schedule'].flatMap((entry) =>
    sourceOf(
      join(root, 'packages', folder, 'src', `${entry}.ts`),
      `@medseg/${folder}${entry === 'index' ? '' : `/${entry}`}`,
    ),
  );
const siblings = new Map(folders.map((folder) => [folder, entries(folder)]));
const given = (folder: string): Source[] => sourceOf(join(root, 'tests', 'docstrings', 'given', `${folder}.ts`));

/** The docstring's lines behind each `@example`, up to the next tag or the end. */
function examplesIn(text: string): { line: number; text: string }[] {
  return [...text.matchAll(/^[ \t]*\*[ \t]*@example[ \t]?((?:.*)(?:\n[ \t]*\*(?!\/)(?![ \t]*@).*)*)/gm)].map(
    (match) => ({
      line: text.slice(0, match.index).split('\n').length,
      text: match[1]!
        .split('\n')
        .map((line) => line.replace(/^[ \t]*\* ?/, '').replace(/\s*\*\/\s*$/, ''))
        .join('\n')
        .trim(),
    }),
  );
}

/** Where each name that an example mentions comes from. */
function importsOf(text: string, sources: readonly Source[]): { lines: string[]; runs: boolean } {
  const imports = new Map<string, string[]>();
  let runs = true;
  const seen = new Set<string>();
  for (const [, name] of text.matchAll(/(?<![\w$']|(?<!\.\.)\.)([A-Za-z_$][\w$]*)(?!['\w$])/g)) {
    if (seen.has(name!)) continue;
    seen.add(name!);
    const source = sources.find(({ names }) => names.has(name!));
    if (!source) continue;
    imports.set(source.from, [...(imports.get(source.from) ?? []), name!]);
    runs &&= source.runs && source.names.get(name!)!;
  }
  const lines = [...imports].map(([from, names]) => `import { ${names.join(', ')} } from ${JSON.stringify(from)};`);
  return { lines, runs };
}

/** Turns `value; // expected` into a call of `check`, so that what a comment promises is compared. */
function withChecks(text: string): string {
  const source = parse('example.ts', text);
  const edits: [from: number, to: number, insert: string][] = [];
  for (const statement of source.statements) {
    const [comment] = ts.getTrailingCommentRanges(text, statement.end) ?? [];
    if (!comment) continue;
    const said = JSON.stringify(text.slice(comment.pos + 2, comment.end).trim());
    if (ts.isExpressionStatement(statement)) {
      // What is printed is what the comment is about.
      const isPrint =
        ts.isCallExpression(statement.expression) && statement.expression.getText().startsWith('console.log(');
      const expression = isPrint ? statement.expression.arguments[0]! : statement.expression;
      edits.push([
        expression.getStart(),
        expression.end,
        `await check(async () => (${expression.getText()}), ${said})`,
      ]);
    } else if (ts.isVariableStatement(statement)) {
      const { name } = statement.declarationList.declarations[0]!;
      if (ts.isIdentifier(name))
        edits.push([comment.pos, comment.end, `\nawait check(async () => ${name.text}, ${said});`]);
    }
  }
  return edits.reduceRight((out, [from, to, insert]) => out.slice(0, from) + insert + out.slice(to), text);
}

/** Every example of a package. */
export function examplesOf(folder: string): Example[] {
  const src = join(root, 'packages', folder, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/\.(test|fixture|d)\.ts$|^generated/.test(file),
  );
  return files.sort().flatMap((file) => {
    const content = readFileSync(join(src, file), 'utf8');
    const found = examplesIn(content);
    const tags = content.match(/@example\b/g)?.length ?? 0;
    if (tags !== found.length)
      throw new RangeError(
        `${file}: every @example must begin a line of a docstring, got ${tags} and ${found.length} that do`,
      );
    if (found.length === 0) return [];
    const others = [...siblings].filter(([name]) => name !== folder).flatMap(([, list]) => list);
    const node = siblings.get(folder)!.filter(({ from }) => from.endsWith('/node'));
    const own = sourceOf(join(src, file)).map((source) => ({
      ...source,
      names: new Map([...source.names].filter(([name]) => !node.some(({ names }) => names.has(name)))),
    }));
    const sources = [...own, ...given(folder), ...siblings.get(folder)!, ...given('everywhere'), ...others];
    return found.map(({ line, text }) => {
      const { lines, runs } = importsOf(text, sources);
      const head = ["import * as tf from '@tensorflow/tfjs-core';", ...lines].join('\n');
      const checker = "import { check } from '../said.ts';";
      return {
        name: `packages/${folder}/src/${file}:${line}`,
        module: `${head}\n${checker}\nexport async function example(): Promise<void> {\n${withChecks(text)}\n}\nvoid tf;\n`,
        runs,
      };
    });
  });
}

export const packages: readonly string[] = folders;
