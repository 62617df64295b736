import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { checkTree, readTree } from './check-tree.ts';

const longFunction = `export function long(): void {\n${'  call();\n'.repeat(69)}}\n`;

// One breach per rule: the file, its text, and what is said about it. `null`: no breach.
const cases: [rule: string, path: string, text: string, said: RegExp | null][] = [
  [
    'across-packages',
    'packages/cli/src/a.ts',
    "import { x } from '../../client/src/x.ts';",
    /reaches into another/,
  ],
  ['across-packages', 'packages/cli/src/a.ts', "import { x } from './x.ts';", null],
  ['across-packages', 'packages/cli/src/a.ts', "import { x } from '../../../scripts/x.ts';", null],
  [
    'deep-import',
    'packages/cli/src/a.ts',
    "import { x } from '@nova-torch/client/src/x.ts';",
    /what the package exports/,
  ],
  [
    'service-import',
    'services/spawner/src/a.ts',
    "import { x } from '@nova-torch/registry';",
    /registry is a service/,
  ],
  [
    'service-import',
    'packages/cli/src/a.ts',
    "export { x } from '@nova-torch/registry';",
    /registry is a service/,
  ],
  [
    'service-import',
    'packages/cli/src/a.ts',
    "const x = await import('@nova-torch/registry');",
    /is a service/,
  ],
  ['service-import', 'services/registry/src/a.ts', "import { x } from '@nova-torch/registry';", null],
  ['service-import', 'test/whole.test.ts', "import { x } from '@nova-torch/registry';", null],
  ['protocol-imports', 'packages/protocol/src/a.ts', "import { randomUUID } from 'node:crypto';", /zod only/],
  ['protocol-imports', 'packages/protocol/src/a.ts', "import { z } from 'zod';", null],
  ['protocol-imports', 'packages/protocol/test/a.test.ts', "import { join } from 'node:path';", null],
  [
    'streams-imports',
    'packages/streams/test/a.ts',
    "import type { X } from '@nova-torch/protocol';",
    /as an argument/,
  ],
  [
    'pure-domain',
    'services/task-router/src/domain/a.ts',
    "import { x } from '../store/x.ts';",
    /its own siblings/,
  ],
  [
    'pure-domain',
    'services/task-router/src/domain/a.ts',
    "import { hash } from 'node:crypto';",
    /its own siblings/,
  ],
  [
    'pure-domain',
    'services/task-router/src/domain/a.ts',
    'export const now = () => Date.now();',
    /Date.now: domain/,
  ],
  [
    'pure-domain',
    'services/task-router/src/domain/a.ts',
    'export const now = () => new Date();',
    /new Date\(\)/,
  ],
  [
    'pure-domain',
    'services/task-router/src/domain/a.ts',
    'export const at = (ms: number) => new Date(ms);',
    null,
  ],
  [
    'pure-domain',
    'services/task-router/src/domain/a.ts',
    'export const chance = Math.random();',
    /Math.random/,
  ],
  ['pure-domain', 'services/task-router/src/domain/a.ts', 'export const dir = process.cwd();', /process.cwd/],
  [
    'pure-domain',
    'services/task-router/src/domain/a.ts',
    'export const pidOf = ({ of: [process] }) => process.pid;',
    null,
  ],
  ['pure-domain', 'services/task-router/src/domain/a.ts', 'setTimeout(() => {}, 1);', /setTimeout/],
  ['pure-domain', 'services/task-router/src/domain/a.test.ts', 'export const now = Date.now();', null],
  [
    'pure-domain',
    'services/task-router/src/domain/a.ts',
    "import { t } from '@nova-torch/protocol';\nimport { b } from './score/b.ts';\nexport const max = Math.max(t, b);",
    null,
  ],
  ['one-client', 'packages/cli/src/a.ts', "import { Redis } from 'ioredis';", /client.ts only/],
  ['one-client', 'packages/cli/src/a.ts', "export const make = (Redis) => new Redis('x');", /client.ts only/],
  ['one-client', 'packages/streams/src/client.ts', "import { Redis } from 'ioredis';\nnew Redis();", null],
  ['one-client', 'packages/streams/src/a.ts', "import type { Redis } from 'ioredis';", null],
  ['environment', 'packages/cli/src/a.ts', 'export const home = process.env.HOME;', /env.ts and main.ts/],
  ['environment', 'services/registry/src/env.ts', 'export const home = process.env.HOME;', null],
  ['file-size', 'packages/cli/src/a.ts', 'call();\n'.repeat(401), /401 lines, at most 400/],
  ['file-size', 'services/registry/src/main.ts', 'call();\n'.repeat(41), /41 lines, at most 40/],
  ['function-size', 'packages/cli/src/a.ts', longFunction, /71 lines, at most 70: function long/],
  [
    'function-size',
    'packages/cli/src/a.test.ts',
    `describe('x', () => {\n  test('y');\n${'\n'.repeat(80)}});`,
    null,
  ],
  [
    'function-size',
    'packages/cli/test/suite.ts',
    `export function suite() {\n  let x;\n  it('x', () => {});\n${'\n'.repeat(80)}}`,
    null,
  ],
  ['star-export', 'packages/cli/src/index.ts', "export * from './a.ts';", /list what is exported/],
  ['file-name', 'packages/cli/src/string-utils.ts', '', /"utils"/],
  ['file-name', 'packages/client/src/collaboration-manager.ts', '', null],
  ['file-name', 'packages/common/src/a.ts', '', /"common"/],
  ['focused-test', 'packages/cli/src/a.test.ts', "test.only('x', () => {});", /test.only/],
  ['mocked-module', 'packages/cli/src/a.test.ts', "vi.mock('./a.ts');", /the real parts/],
];

test.each(cases)('%s in %s: %s', (rule, path, text, said) => {
  const registry: [string, string] = ['services/registry/src/index.ts', 'export {};'];
  const found = checkTree(new Map([registry, [path, text]]), []).filter((problem) => problem.rule === rule);
  if (said === null) expect(found).toEqual([]);
  else expect(found[0]).toMatchObject({ path, text: expect.stringMatching(said) });
});

test('a cycle of imports is named once, whole; one of types is none', () => {
  const cycle = new Map([
    ['packages/cli/src/a.ts', "import { b } from './b.ts';"],
    ['packages/cli/src/b.ts', "import { c } from './up/c.ts';"],
    ['packages/cli/src/up/c.ts', "import { a } from '../a.ts';\nimport { far } from '../far.ts';"],
  ]);
  const way =
    'packages/cli/src/a.ts → packages/cli/src/b.ts → packages/cli/src/up/c.ts → packages/cli/src/a.ts';
  expect(checkTree(cycle, [])).toEqual([
    { rule: 'import-cycle', path: 'packages/cli/src/a.ts', line: 1, text: way },
  ]);
  cycle.set('packages/cli/src/up/c.ts', "import type { a } from '../a.ts';");
  expect(checkTree(cycle, [])).toEqual([]);
});

test('an exception covers a file or a directory, and one that covers nothing is a problem', () => {
  const tree = new Map([['packages/cli/src/a.ts', 'export const home = process.env.HOME;']]);
  const why = { rule: 'environment', reason: 'a test' };
  expect(checkTree(tree, [{ ...why, path: 'packages/cli/src/a.ts' }])).toEqual([]);
  expect(checkTree(tree, [{ ...why, path: 'packages/cli/' }])).toEqual([]);
  expect(checkTree(tree, [{ ...why, path: 'packages/client/' }])).toMatchObject([
    { path: 'packages/cli/src/a.ts' },
    { path: 'packages/client/', text: 'this exception is not needed: take it out' },
  ]);
});

test('the tree is read without what is installed, built or generated', () => {
  const root = mkdtempSync(join(tmpdir(), 'nova-torch-boundaries-'));
  for (const path of [
    'packages/a/src/a.ts',
    'packages/a/dist/a.ts',
    'packages/a/node_modules/b/b.ts',
    'x.ts',
  ]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), 'export {};\n');
  }
  expect([...readTree(root).keys()]).toEqual(['packages/a/src/a.ts', 'x.ts']);
  rmSync(root, { recursive: true });
});

test('what is not TypeScript is an error with the name of the file', () => {
  expect(() => checkTree(new Map([['packages/a/src/a.ts', 'const = ;']]), [])).toThrow(
    /packages\/a\/src\/a.ts/,
  );
});
