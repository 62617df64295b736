// The boundaries of the repository, one function each. docs and reviews need not repeat what stands here.
import { basename } from 'node:path/posix';
import { findCycles } from './cycles.ts';
import type { Mark, SourceFile } from './source-file.ts';

export interface Problem {
  rule: string;
  path: string;
  line: number;
  text: string;
}

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const MAIN_LINES_MAX = 40;

const CLIENT_FILE = 'packages/streams/src/client.ts';
const BANNED_WORDS = ['util', 'utils', 'common', 'helper', 'helpers', 'manager', 'misc'];
/** Files of classes whose names are given. */
const GIVEN_NAMES = ['collaboration-manager.ts', 'collaboration-manager.test.ts'];
const IMPURE_MEMBERS = ['Date.now', 'Math.random', 'performance.now', 'crypto.randomUUID'];
const IMPURE_CALLS = ['setTimeout', 'setInterval', 'setImmediate', 'fetch'];

type FileRule = (file: SourceFile) => Mark[];

function packageOf(path: string): string | undefined {
  return /^((packages|services|deploy)\/[^/]+|load-tests|examples\/[^/]+)\//.exec(path)?.[1];
}

function serviceOf(path: string): string | undefined {
  return /^services\/([^/]+)\//.exec(path)?.[1];
}

function isIn(path: string, dir: string): boolean {
  return path.startsWith(`${dir}/`);
}

function mark(line: number, what: string): Mark {
  return { line, what };
}

/** A relative import that leads into another package or service. */
function reachesAcross(file: SourceFile): Mark[] {
  return file.imports
    .filter(
      ({ isRelative, target }) =>
        isRelative && packageOf(target) && packageOf(target) !== packageOf(file.path),
    )
    .filter(() => packageOf(file.path) !== undefined)
    .map(({ line, what }) => mark(line, `${what} reaches into another package: import its name`));
}

function deepImports(file: SourceFile): Mark[] {
  return file.imports
    .filter(({ what }) => /^@nova-torch\/[^/]+\/(src|dist)\b/.test(what))
    .map(({ line, what }) => mark(line, `${what}: import what the package exports`));
}

function serviceImports(services: readonly string[]): FileRule {
  return (file) =>
    file.imports.flatMap(({ what, line }) => {
      const imported = /^@nova-torch\/([^/]+)/.exec(what)?.[1] ?? '';
      const own = serviceOf(file.path);
      const mayStartServices = !own && !isIn(file.path, 'packages');
      if (!services.includes(imported) || imported === own || mayStartServices) return [];
      return [mark(line, `${what} is a service: only messages lead to it`)];
    });
}

function protocolImports(file: SourceFile): Mark[] {
  if (!isIn(file.path, 'packages/protocol/src') || file.isTest) return [];
  return file.imports
    .filter(({ isRelative, what }) => !isRelative && what !== 'zod')
    .map(({ line, what }) => mark(line, `${what}: protocol imports zod only`));
}

function streamsImports(file: SourceFile): Mark[] {
  if (!isIn(file.path, 'packages/streams')) return [];
  return file.imports
    .filter(({ what }) => what.startsWith('@nova-torch/protocol'))
    .map(({ line, what }) => mark(line, `${what}: streams gets the catalog as an argument`));
}

function pureDomain(file: SourceFile): Mark[] {
  const domain = /^services\/[^/]+\/src\/domain\//.exec(file.path)?.[0];
  if (!domain || file.isTest) return [];
  const imports = file.imports
    .filter(({ isRelative, target, what }) =>
      isRelative ? !target.startsWith(domain) : what !== '@nova-torch/protocol',
    )
    .map(({ line, what }) => mark(line, `${what}: domain imports protocol and its own siblings`));
  const isImpure = ({ what }: Mark): boolean =>
    IMPURE_MEMBERS.includes(what) || (what.startsWith('process.') && !file.ownNames.has('process'));
  const impure = [
    ...file.members.filter(isImpure),
    ...file.constructions.filter(({ what }) => what === 'Date/0').map(({ line }) => mark(line, 'new Date()')),
    ...file.calls.filter(({ what }) => IMPURE_CALLS.includes(what)),
  ].map(({ line, what }) => mark(line, `${what}: domain gets time, chance and the world as arguments`));
  return [...imports, ...impure];
}

function oneClient(file: SourceFile): Mark[] {
  if (file.path === CLIENT_FILE) return [];
  const imports = file.imports.filter(({ what, isType }) => what === 'ioredis' && !isType);
  const made = file.constructions.filter(({ what }) => /^Redis\//.test(what));
  return [...imports, ...made].map(({ line }) => mark(line, `a client is made in ${CLIENT_FILE} only`));
}

function environment(file: SourceFile): Mark[] {
  if (file.isTest || /^(env|main)\.ts$/.test(basename(file.path))) return [];
  return file.members
    .filter(({ what }) => what === 'process.env')
    .map(({ line }) => mark(line, 'process.env is read in env.ts and main.ts'));
}

function fileSize(file: SourceFile): Mark[] {
  const max = /^services\/[^/]+\/src\/main\.ts$/.test(file.path) ? MAIN_LINES_MAX : FILE_LINES_MAX;
  return file.lines > max ? [mark(max, `${file.lines} lines, at most ${max}`)] : [];
}

function functionSize(file: SourceFile): Mark[] {
  return file.functions
    .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
    .map(({ line, lines, what }) => mark(line, `${lines} lines, at most ${FUNCTION_LINES_MAX}: ${what}`));
}

function starExports(file: SourceFile): Mark[] {
  return file.starExports.map(({ line, what }) => mark(line, `${what}: list what is exported`));
}

function fileNames(file: SourceFile): Mark[] {
  return file.path
    .split('/')
    .filter((part) => !GIVEN_NAMES.includes(part))
    .flatMap((part) => part.split(/[-._]/))
    .filter((word) => BANNED_WORDS.includes(word.toLowerCase()))
    .map((word) => mark(1, `"${word}" in a file's name says nothing about what is in it`));
}

function focusedTests(file: SourceFile): Mark[] {
  return file.members
    .filter(({ what }) => /^(test|it|describe|suite)\.only$/.test(what))
    .map(({ line, what }) => mark(line, `${what} leaves the other tests out`));
}

function mockedModules(file: SourceFile): Mark[] {
  return file.members
    .filter(({ what }) => what === 'vi.mock' || what === 'vi.doMock')
    .map(({ line, what }) => mark(line, `${what}: tests run the real parts`));
}

function fileRules(files: readonly SourceFile[]): Record<string, FileRule> {
  const services = [...new Set(files.flatMap(({ path }) => serviceOf(path) ?? []))];
  return {
    'across-packages': reachesAcross,
    'deep-import': deepImports,
    'service-import': serviceImports(services),
    'protocol-imports': protocolImports,
    'streams-imports': streamsImports,
    'pure-domain': pureDomain,
    'one-client': oneClient,
    environment,
    'file-size': fileSize,
    'function-size': functionSize,
    'star-export': starExports,
    'file-name': fileNames,
    'focused-test': focusedTests,
    'mocked-module': mockedModules,
  };
}

/** Cycles at run time. A type may point back to the file that loads this one: it is erased. */
function importCycles(files: readonly SourceFile[]): Problem[] {
  const graph = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter(({ isRelative, isType }) => isRelative && !isType).map(({ target }) => target),
    ]),
  );
  return findCycles(graph).map((cycle) => ({
    rule: 'import-cycle',
    path: cycle[0] ?? '',
    line: 1,
    text: [...cycle, cycle[0]].join(' → '),
  }));
}

/** Every breach of a rule, in the order of the files. */
export function checkFiles(files: readonly SourceFile[]): Problem[] {
  const rules = Object.entries(fileRules(files));
  const problems = files.flatMap((file) =>
    rules.flatMap(([rule, check]) =>
      check(file).map(({ line, what }) => ({ rule, path: file.path, line, text: what })),
    ),
  );
  return [...problems, ...importCycles(files)];
}
