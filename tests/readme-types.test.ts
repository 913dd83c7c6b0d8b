import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { programs } from './readmes/programs.ts';

// Programs lie in folders of their own below this one, from where they find the built packages as a user's do.
const folder = fileURLToPath(new URL('generated', import.meta.url));
const modules = new Map(
  programs.flatMap((program, i) =>
    program.modules.map(({ file, text }) => [
      join(folder, `${i}`, file.replace(/\.js$/, '.ts')),
      { name: `${program.name}${program.modules.length > 1 ? ` ${file}` : ''}`, text },
    ]),
  ),
);

const shared: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: ['node'],
  strict: true,
  skipLibCheck: false,
  noEmit: true,
};
/** What a user's `tsconfig.json` says; the first as `tsc --init` writes it. */
const projects: Record<string, ts.CompilerOptions> = {
  NodeNext: {
    ...shared,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
  },
  Bundler: { ...shared, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
};

/** What TypeScript says of the programs, and of the declarations of the packages that they import. */
function errorsIn(options: ts.CompilerOptions): string[] {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, directoryExists, getSourceFile } = host;
  host.fileExists = (file) => modules.has(file) || fileExists(file);
  host.directoryExists = (path) => path.startsWith(folder) || directoryExists!(path);
  host.readFile = (file) => modules.get(file)?.text ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) =>
    modules.has(file)
      ? ts.createSourceFile(file, modules.get(file)!.text, version, true)
      : getSourceFile(file, version, ...rest);
  const program = ts.createProgram([...modules.keys()], options, host);
  const sources = program.getSourceFiles().filter(({ fileName }) => !/node_modules|\/typescript\/lib\//.test(fileName));
  return sources.flatMap((source) =>
    [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((found) => {
      const line = source.getLineAndCharacterOfPosition(found.start ?? 0).line + 1;
      const name = modules.get(source.fileName)?.name ?? source.fileName;
      return `${name}, line ${line}: ${ts.flattenDiagnosticMessageText(found.messageText, '\n')}`;
    }),
  );
}

it('finds the programs', () => {
  expect(programs.length).toBeGreaterThan(40);
  expect(programs.filter(({ modules }) => modules.length > 1).length).toBeGreaterThan(2);
});

it.each(Object.keys(projects))('every program of a README compiles as strict TypeScript, with %s', (name) => {
  // One that does not compile is found.
  const wrong = "import { dice } from '@medseg/metrics';\ndice('a', 1);\nexport const f = (x) => x;\n";
  modules.set(join(folder, 'wrong.ts'), { name: 'wrong', text: wrong });
  expect(errorsIn(projects[name]!)).toEqual([
    expect.stringMatching(/^wrong, line 2: Argument of type 'string'/),
    expect.stringMatching(/^wrong, line 3: Parameter 'x' implicitly/),
  ]);
});
