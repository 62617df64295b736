import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOG, codec, STREAMS } from '../src/index.ts';

const folder = join(import.meta.dirname, '../fixtures/v1');
const fileOf = (type: string) => `${type.replace('.', '-')}.json`;

describe('golden fixtures', () => {
  it('exist for every message of the catalog, and for nothing else', () => {
    expect(readdirSync(folder).sort()).toEqual(CATALOG.map(({ type }) => fileOf(type)).sort());
  });

  it.each(CATALOG.map(({ type }) => type))('%s is read as it was written', (type) => {
    const wire: unknown = JSON.parse(readFileSync(join(folder, fileOf(type)), 'utf8'));
    const decoded = codec.decode(JSON.stringify(wire));
    expect(decoded).toEqual({ ok: true, message: wire });
    if (decoded.ok) expect(JSON.parse(codec.encode(decoded.message))).toEqual(wire);
  });

  it.each(CATALOG.map(({ type }) => type))(
    '%s lost of its payload is refused with the field named',
    (type) => {
      const wire = JSON.parse(readFileSync(join(folder, fileOf(type)), 'utf8'));
      const decoded = codec.decode(JSON.stringify({ ...wire, payload: 'not an object' }));
      expect(decoded).toMatchObject({
        ok: false,
        error: expect.stringContaining('payload'),
        partial: { type },
      });
    },
  );
});

describe('the catalog', () => {
  it('and the streams table name the same messages', () => {
    const carried = new Set(Object.values(STREAMS).flatMap(({ carries }) => [...carries] as string[]));
    expect([...carried].sort()).toEqual(CATALOG.map(({ type }) => type as string).sort());
  });

  it('has one file per message type', () => {
    const files = readdirSync(join(import.meta.dirname, '../src/messages'));
    expect(files.sort()).toEqual(CATALOG.map(({ type }) => `${type.replace('.', '-')}.ts`).sort());
  });
});
