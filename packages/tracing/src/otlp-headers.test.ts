import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseOtlpHeaders, readOtlpHeaders } from './otlp-headers.ts';

test('headers are taken apart, and nonsense is refused', () => {
  expect(parseOtlpHeaders('authorization=Bearer%20abc, x-tenant = a=b ,')).toEqual({
    authorization: 'Bearer abc',
    'x-tenant': 'a=b',
  });
  expect(parseOtlpHeaders('')).toEqual({});
  for (const text of ['nothing', '=value', 'a b=c', 'a=%zz', 'a=%0d%0ax:y']) {
    expect(parseOtlpHeaders(text), text).toBeUndefined();
  }
  expect(parseOtlpHeaders(Array.from({ length: 17 }, (_, i) => `h${i}=1`).join())).toBeUndefined();
});

test('those of a file add to the others; an error does not name their values', () => {
  const dir = mkdtempSync(join(tmpdir(), 'nova-torch-headers-'));
  const file = join(dir, 'headers');
  writeFileSync(file, 'x-key=secret\n');
  expect(readOtlpHeaders('a=1', file)).toEqual({ a: '1', 'x-key': 'secret' });
  writeFileSync(file, 'my secret key\n');
  expect(() => readOtlpHeaders(undefined, file)).toThrow(/^(?!.*secret).*must hold/);
  expect(() => readOtlpHeaders('my secret', undefined)).toThrow(/^(?!.*my secret)/);
  rmSync(dir, { recursive: true });
});
