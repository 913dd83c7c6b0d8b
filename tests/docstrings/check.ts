import { join } from 'node:path';
import ts from 'typescript';
import { type Example, generated, root } from './examples.ts';

/** What TypeScript says of examples, by their names. */
export function typeErrors(examples: readonly Example[]): Map<string, string[]> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const modules = new Map(examples.map((example, i) => [join(generated, `example-${i}.ts`), example]));
  const relaxed = {
    ...options,
    isolatedDeclarations: false,
    declaration: false,
    verbatimModuleSyntax: false,
    noUncheckedIndexedAccess: false,
  };
  const host = ts.createCompilerHost(relaxed);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => modules.has(file) || fileExists(file);
  host.readFile = (file) => modules.get(file)?.module ?? readFile(file);
  host.getSourceFile = (file, ...rest) => {
    const example = modules.get(file);
    return example
      ? ts.createSourceFile(file, example.module, ts.ScriptTarget.ES2022, true)
      : getSourceFile(file, ...rest);
  };
  const program = ts.createProgram([...modules.keys()], relaxed, host);
  return new Map(
    [...modules].map(([file, { name }]) => {
      const source = program.getSourceFile(file)!;
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [name, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))];
    }),
  );
}
