// DEVELOPMENT.md leads newcomers by the hand: what it points at must be there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const guide = readFileSync(join(root, 'DEVELOPMENT.md'), 'utf8');
const paths = [
  ...guide.matchAll(/`((?:packages|services|scripts|docs|deploy|load-tests|test|\.ci)(?:\/[\w./-]+)?)`/g),
].map(([, path]) => path ?? '');

test.each(paths)('%s is there', (path) => {
  expect(existsSync(join(root, path))).toBe(true);
});

test('the worked change begins with what is in the sources', () => {
  const source = readFileSync(join(root, 'services/registry/src/domain/liveness.ts'), 'utf8');
  expect(source).toContain('const reason = `no heartbeat for $');
  const tests = readFileSync(join(root, 'services/registry/src/domain/liveness.test.ts'), 'utf8');
  expect(tests).toContain("event: { type: 'agent.suspect.v1' }");
});
