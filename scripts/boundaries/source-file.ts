// What the rules need to know about one source file, taken from its syntax tree.
import { posix } from 'node:path';
import {
  type ArrowFunctionExpression,
  type Function as FunctionTree,
  type ParamPattern,
  parseSync,
  Visitor,
} from 'oxc-parser';

export interface Mark {
  /** What stands there, for example `Date.now`. */
  what: string;
  line: number;
}

export interface Import extends Mark {
  /** For a relative import the path of the file it leads to, from the root; else the specifier. */
  target: string;
  isRelative: boolean;
  /** Erased at run time. */
  isType: boolean;
}

export interface FunctionSize extends Mark {
  lines: number;
}

export interface SourceFile {
  /** From the root, with forward slashes. */
  path: string;
  lines: number;
  isTest: boolean;
  imports: Import[];
  functions: FunctionSize[];
  /** `a.b` of two plain names, also when called or constructed: `process.env`, `vi.mock`, `test.only`. */
  members: Mark[];
  /** `new X` with the number of arguments: `Redis/1`, `Date/0`. */
  constructions: Mark[];
  /** Calls of a plain name: `setTimeout`. */
  calls: Mark[];
  /** `export * from …` */
  starExports: Mark[];
  /** Variables and parameters of its own: a `process` among them is not Node's. */
  ownNames: Set<string>;
}

type FunctionNode = FunctionTree | ArrowFunctionExpression;

const TEST_DECLARATION = /^(describe|suite|it|test)\b/;

/** Parses `text`; throws with the parser's message when it is not TypeScript or JavaScript. */
export function readSource(path: string, text: string): SourceFile {
  const { program, module, errors } = parseSync(path, text);
  const [error] = errors;
  if (error) throw new Error(`${path}: ${error.message}`);
  const lineOf = lineFinder(text);
  const file: SourceFile = {
    path,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    isTest: /\.test\.(ts|mjs)$/.test(path) || /(^|\/)test\//.test(path),
    imports: [],
    functions: [],
    members: [],
    constructions: [],
    calls: [],
    starExports: [],
    ownNames: new Set(),
  };
  const addImport = (specifier: string, start: number, isType: boolean): void => {
    file.imports.push({ ...resolveImport(path, specifier), isType, what: specifier, line: lineOf(start) });
  };
  for (const { moduleRequest, start, entries } of module.staticImports) {
    addImport(moduleRequest.value, start, entries.length > 0 && entries.every((entry) => entry.isType));
  }
  for (const { entries, start } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) {
      if (moduleRequest) addImport(moduleRequest.value, start, isType);
    }
  }
  new Visitor(marks(file, text, lineOf, addImport)).visit(program);
  return file;
}

function resolveImport(path: string, specifier: string): { target: string; isRelative: boolean } {
  const isRelative = specifier.startsWith('.');
  return { isRelative, target: isRelative ? posix.join(posix.dirname(path), specifier) : specifier };
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}

/** A function that declares tests (the callback of describe(), a suite) is a heading over them, not a piece of logic. */
function declaresTests({ body }: FunctionNode, text: string): boolean {
  if (body?.type !== 'BlockStatement') return false;
  return body.body.some(
    (statement) =>
      statement.type === 'ExpressionStatement' &&
      statement.expression.type === 'CallExpression' &&
      TEST_DECLARATION.test(text.slice(statement.start, statement.end)),
  );
}

/** Adds the names that a pattern binds: `process`, `{ process }`, `{ a: process }`, `[process]`, `process = 1`. */
function addNames(pattern: ParamPattern, names: Set<string>): void {
  switch (pattern.type) {
    case 'Identifier':
      names.add(pattern.name);
      break;
    case 'AssignmentPattern':
      addNames(pattern.left, names);
      break;
    case 'RestElement':
      addNames(pattern.argument, names);
      break;
    case 'ArrayPattern':
      for (const element of pattern.elements) if (element) addNames(element, names);
      break;
    case 'ObjectPattern':
      for (const property of pattern.properties) {
        addNames(property.type === 'RestElement' ? property : property.value, names);
      }
      break;
  }
}

function marks(
  file: SourceFile,
  text: string,
  lineOf: (offset: number) => number,
  addImport: (specifier: string, start: number, isType: boolean) => void,
): ConstructorParameters<typeof Visitor>[0] {
  const addFunction = (node: FunctionNode): void => {
    for (const param of node.params) addNames(param, file.ownNames);
    if (declaresTests(node, text)) return;
    const line = lineOf(node.start);
    const what = text.slice(node.start, node.end).split('\n', 1)[0]?.slice(0, 60) ?? '';
    file.functions.push({ what, line, lines: lineOf(node.end) - line + 1 });
  };
  return {
    FunctionDeclaration: addFunction,
    FunctionExpression: addFunction,
    ArrowFunctionExpression: addFunction,
    VariableDeclarator(node) {
      addNames(node.id, file.ownNames);
    },
    MemberExpression(node) {
      if (node.computed || node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return;
      file.members.push({ what: `${node.object.name}.${node.property.name}`, line: lineOf(node.start) });
    },
    NewExpression(node) {
      if (node.callee.type !== 'Identifier') return;
      file.constructions.push({
        what: `${node.callee.name}/${node.arguments.length}`,
        line: lineOf(node.start),
      });
    },
    CallExpression(node) {
      if (node.callee.type !== 'Identifier') return;
      file.calls.push({ what: node.callee.name, line: lineOf(node.start) });
    },
    ExportAllDeclaration(node) {
      file.starExports.push({ what: `export * from '${node.source.value}'`, line: lineOf(node.start) });
    },
    ImportExpression(node) {
      if (node.source.type === 'Literal' && typeof node.source.value === 'string') {
        addImport(node.source.value, node.start, false);
      }
    },
  };
}
