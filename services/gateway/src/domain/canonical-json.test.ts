import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

test('means the same as the value, whatever the order of members', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
    }),
  );
  const one = canonicalJson({ b: [1, { d: null, c: 'x' }], a: true });
  expect(canonicalJson({ a: true, b: [1, { c: 'x', d: null }] })).toBe(one);
  expect(one).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
});

test('leaves out what is undefined', () => {
  expect(canonicalJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}');
  expect(canonicalJson(undefined)).toBe('null');
});
