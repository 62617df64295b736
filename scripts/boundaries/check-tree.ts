import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exception } from './exceptions.ts';
import { checkFiles, type Problem } from './rules.ts';
import { readSource } from './source-file.ts';

const SOURCES = ['{packages,services,load-tests,deploy,examples,scripts,test}/**/*.{ts,mjs}', '*.ts'];
const LEFT_OUT = ['node_modules', 'dist', 'generated', 'fixtures', 'results'];

/** Path, from `root`, and text of every source file of the repository. */
export function readTree(root: string): Map<string, string> {
  const paths = globSync(SOURCES, {
    cwd: root,
    exclude: (name) => LEFT_OUT.includes(name.split('/').pop() ?? ''),
  });
  return new Map(paths.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

function covers({ rule, path }: Exception, problem: Problem): boolean {
  if (rule !== problem.rule) return false;
  return path.endsWith('/') ? problem.path.startsWith(path) : problem.path === path;
}

/** The problems of a tree that no exception covers, and the exceptions that cover none. */
export function checkTree(tree: ReadonlyMap<string, string>, exceptions: readonly Exception[]): Problem[] {
  const found = checkFiles([...tree].map(([path, text]) => readSource(path, text)));
  const unused = exceptions
    .filter((exception) => !found.some((problem) => covers(exception, problem)))
    .map(({ rule, path }) => ({ rule, path, line: 1, text: 'this exception is not needed: take it out' }));
  return [
    ...found.filter((problem) => !exceptions.some((exception) => covers(exception, problem))),
    ...unused,
  ];
}
