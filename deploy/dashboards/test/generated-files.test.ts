import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedFiles } from '../src/generated-files.ts';

const root = join(import.meta.dirname, '..', '..', '..');

test.each([...generatedFiles()])('%s is what the tables say (`pnpm dashboards` writes it)', (path, text) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text);
});
