import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { packages, root } from './examples.ts';

/** What a word of a docstring tells of the case that an optional member is left out. */
const tellsOfAbsence =
  /\bdefault|\babsent\b|\bonly\b|\bwhere\b|\bwithout\b|\bunless\b|\bif\b|\bnone\b|\bneeded\b|\bnever\b/i;

const sources = new Map<string, ts.SourceFile>();

function sourceOf(file: string): ts.SourceFile {
  const known = sources.get(file);
  if (known) return known;
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  sources.set(file, source);
  return source;
}

const nameOf = (node: ts.Node & { name?: ts.Node }): string => node.name?.getText() ?? '';

/** The declaration of a name in a file, followed through what the file re-exports. */
function declarationOf(file: string, name: string): ts.Statement | undefined {
  for (const statement of sourceOf(file).statements) {
    if (ts.isExportDeclaration(statement)) {
      const from = moduleOf(file, statement);
      if (from === undefined) continue;
      if (statement.exportClause === undefined) {
        const found = declarationOf(from, name);
        if (found) return found;
      } else if (ts.isNamedExports(statement.exportClause)) {
        const element = statement.exportClause.elements.find((candidate) => candidate.name.text === name);
        if (element) return declarationOf(from, (element.propertyName ?? element.name).text);
      }
    } else if (declares(statement, name)) return statement;
  }
  return undefined;
}

function moduleOf(file: string, { moduleSpecifier }: ts.ExportDeclaration): string | undefined {
  if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return undefined;
  return moduleSpecifier.text.startsWith('.') ? join(dirname(file), moduleSpecifier.text) : undefined;
}

function declares(statement: ts.Statement, name: string): boolean {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.some((d) => nameOf(d) === name);
  return !ts.isImportDeclaration(statement) && nameOf(statement as ts.Statement & { name?: ts.Node }) === name;
}

/** The names that an entry exports. */
function exportsOf(file: string): string[] {
  return sourceOf(file).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) return [];
    if (statement.exportClause && ts.isNamedExports(statement.exportClause)) {
      return statement.exportClause.elements.map(({ name }) => name.text);
    }
    const from = moduleOf(file, statement);
    return from === undefined ? [] : exportsOf(from);
  });
}

/** The text of a node's docstring, nothing where it has none. */
function docOf(node: ts.Node): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .map((comment) => comment.getText())
    .join('\n');
}

/** The text of the docstring that stands in front of a parameter. */
function ownDocOf(parameter: ts.ParameterDeclaration): string {
  return ts
    .getJSDocCommentsAndTags(parameter)
    .filter((comment) => comment.parent === parameter)
    .map((comment) => comment.getText())
    .join('\n');
}

/** What a hover over the public names of the packages does not explain, one line each. */
export function undocumented(): string[] {
  const problems: string[] = [];
  const seen = new Set<ts.Node>();
  const visit = (statement: ts.Statement): void => {
    if (seen.has(statement)) return;
    seen.add(statement);
    const source = statement.getSourceFile();
    const report = (node: ts.Node, what: string): void => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      problems.push(`${source.fileName.slice(root.length)}:${line + 1} ${what}`);
    };
    const owner = ts.isVariableStatement(statement)
      ? nameOf(statement.declarationList.declarations[0]!)
      : nameOf(statement as ts.Statement & { name?: ts.Node });
    if (docOf(statement) === '') report(statement, owner);
    // An inherited member shows the docstring of the interface.
    const inherited = new Set(
      ts.isClassDeclaration(statement) ? (statement.heritageClauses ?? []).flatMap((clause) => membersOf(clause)) : [],
    );
    // A network takes any part of its configuration.
    const isConfiguration = ts.isInterfaceDeclaration(statement) && owner.endsWith('Config');
    const member = (node: ts.TypeElement | ts.ClassElement, path: string): void => {
      if (inherited.has(nameOf(node)) || !isPublic(node) || isMark(node)) return;
      const name = nameOf(node);
      // A hover over a function shows what its own docstring says of a parameter.
      const said = ts.isFunctionDeclaration(statement) ? sayingOf(docOf(statement), name) : '';
      const doc = docOf(node) || said;
      if (doc === '') report(node, `${path}.${name}`);
      else if ('questionToken' in node && node.questionToken && !tellsOfAbsence.test(doc)) {
        report(node, `${path}.${name} says nothing of a default`);
      } else if (isConfiguration && !/default/i.test(doc)) report(node, `${path}.${name} says nothing of a default`);
    };
    // A hover over `new Trainer` shows the constructor's own docstring, and over a member that it declares that member's.
    const made = (node: ts.ConstructorDeclaration, path: string): void => {
      if (node.body && docOf(node) === '' && node.parameters.length > 0) report(node, `${path}.constructor`);
      for (const parameter of node.parameters) {
        const isMember = ts.isParameterPropertyDeclaration(parameter, node) && isPublic(parameter);
        if (isMember && ownDocOf(parameter) === '') report(parameter, `${path}.${nameOf(parameter)}`);
      }
    };
    const walk = (node: ts.Node, path: string): void => {
      if (ts.isTypeLiteralNode(node) || ts.isInterfaceDeclaration(node)) {
        for (const element of node.members) {
          if (element.name === undefined) continue;
          member(element, path);
          walk(element, `${path}.${nameOf(element)}`);
        }
      } else if (ts.isClassDeclaration(node)) {
        for (const element of node.members) {
          if (element.name !== undefined) member(element, path);
          if (!isPublic(element)) continue;
          if (ts.isConstructorDeclaration(element)) made(element, path);
          walk(element, path);
        }
      } else if (ts.isFunctionLike(node)) {
        for (const parameter of node.parameters) walk(parameter, path); // what it returns its docstring describes
      } else ts.forEachChild(node, (child) => walk(child, path));
    };
    walk(statement, owner);
  };
  for (const folder of packages) {
    for (const entry of ['index', 'node', 'schedule']) {
      const file = join(root, 'packages', folder, 'src', `${entry}.ts`);
      if (!existsSync(file)) continue;
      for (const name of exportsOf(file)) {
        const declaration = declarationOf(file, name);
        if (declaration) visit(declaration);
      }
    }
  }
  return problems;

  function membersOf({ types }: ts.HeritageClause): string[] {
    return types.flatMap(({ expression }) => {
      for (const source of sources.values()) {
        for (const statement of source.statements) {
          if (!ts.isInterfaceDeclaration(statement) || nameOf(statement) !== expression.getText()) continue;
          const own = statement.members.filter((element) => docOf(element) !== '').map(nameOf);
          return [...own, ...(statement.heritageClauses ?? []).flatMap(membersOf)];
        }
      }
      return [];
    });
  }
}

/** The sentences of a docstring that name something. */
function sayingOf(doc: string, name: string): string {
  const named = new RegExp(`(?<![\\w.])${name}(?!\\w)`);
  return doc
    .replaceAll(/\n\s*\* ?/g, ' ')
    .split(/(?<=[.;:]) /)
    .filter((sentence) => named.test(sentence))
    .join(' ');
}

/** Whether a member tells only which member of a union it is: `kind: 'sample'`. */
function isMark(node: ts.Node): boolean {
  return ts.isPropertySignature(node) && node.type !== undefined && ts.isLiteralTypeNode(node.type);
}

function isPublic(node: ts.Node): boolean {
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  const kinds = modifiers.map(({ kind }) => kind);
  const hidden = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.OverrideKeyword];
  // An abstract member is what a subclass of a reader's own writes.
  if (!kinds.includes(ts.SyntaxKind.AbstractKeyword)) hidden.push(ts.SyntaxKind.ProtectedKeyword);
  const isLayerName = 'name' in node && (node as { name?: ts.Node }).name?.getText() === 'className';
  return !isLayerName && !kinds.some((kind) => hidden.includes(kind));
}
