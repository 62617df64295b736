import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SECTIONS, withSection } from '../../../scripts/doc-tables.ts';
import { PLAN_NAMES } from '../src/index.ts';

const root = join(import.meta.dirname, '../../..');

describe('documents say what the tables say (node scripts/doc-tables.ts writes them anew)', () => {
  it.each(SECTIONS)('$file, section $name', ({ file, name, make }) => {
    const text = readFileSync(join(root, file), 'utf8');
    expect(text).toBe(withSection(text, name, make()));
  });

  it('and a document without the markers is noticed', () => {
    expect(() => withSection('nothing here', 'streams', '')).toThrow('<!-- streams -->');
  });
});

describe('names of the plans', () => {
  it.each(PLAN_NAMES)('$plan is carried by $here', ({ file, text }) => {
    expect(existsSync(join(root, file)), file).toBe(true);
    expect(readFileSync(join(root, file), 'utf8')).toContain(text);
  });
});
