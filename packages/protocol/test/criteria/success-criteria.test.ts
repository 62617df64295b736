import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { faultsOfResult, SuccessCriteria, TaskSpec } from '../../src/index.ts';

/** What is said about a spec with these criteria: `path: reason` of each issue. */
const refused = (success_criteria: unknown): string[] =>
  (TaskSpec.safeParse({ title: 'a task', success_criteria }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('/')}: ${message}`,
  );
const schemaRefused = (result_schema: unknown): string[] => refused({ result_schema });

describe('a result schema', () => {
  it.each([
    [
      { $ref: 'https://example.org/schema' },
      'success_criteria/result_schema/$ref: the keyword $ref is not supported here',
    ],
    [
      { properties: { a: { format: 'email' } } },
      'success_criteria/result_schema/properties/a/format: the keyword format',
    ],
    [{ type: 'text' }, 'success_criteria/result_schema/type: must be one of null, boolean'],
    [{ required: 'a' }, 'success_criteria/result_schema/required: must be a list of names'],
    [{ items: [{}] }, 'success_criteria/result_schema/items: must be a schema'],
    [{ anyOf: [] }, 'success_criteria/result_schema/anyOf: must carry schemas'],
    [{ minLength: -1 }, 'success_criteria/result_schema/minLength: must be a whole number'],
    [{ items: { pattern: '(?=x)' } }, 'success_criteria/result_schema/items/pattern: it has look-around'],
    [{ constructor: 1 }, 'success_criteria/result_schema/constructor: the keyword constructor'],
    [{ enum: ['x'.repeat(17_000)] }, 'success_criteria/result_schema: is longer than 16384 characters'],
    [{ anyOf: Array(600).fill(true) }, 'success_criteria/result_schema: has more than 500 schemas in it'],
    [
      Array(20)
        .fill(0)
        .reduce((inner: object) => ({ not: inner }), {}),
      'schemas deep',
    ],
  ])('that cannot be enforced is refused with the field and the reason: %#', (schema, reason) => {
    expect(schemaRefused(schema)).toEqual([expect.stringContaining(reason)]);
  });

  it('names what is wrong with a result', () => {
    const schema = {
      type: 'object',
      required: ['tests', 'files'],
      additionalProperties: false,
      properties: {
        tests: { type: 'integer', minimum: 1 },
        files: { type: 'array', items: { type: 'string', pattern: '^src/' }, uniqueItems: true },
      },
    };
    expect(schemaRefused(schema)).toEqual([]);
    expect(faultsOfResult(schema, { tests: 3, files: ['src/a.ts'] })).toEqual([]);
    expect(faultsOfResult(schema, { tests: 0.5, files: ['src/a', 'lib/b', 'src/a'], extra: 1 })).toEqual([
      'tests must be of type integer, it is number',
      'tests is less than 1',
      'files has an item twice',
      'files/1 does not match ^src/',
      'extra may not be there',
    ]);
    expect(faultsOfResult(schema, null)).toEqual(['must be of type object, it is null']);
    expect(faultsOfResult({ const: { a: 1, b: [2] } }, { b: [2], a: 1 })).toEqual([]);
    expect(faultsOfResult({ required: ['a'] }, {})).toEqual(['a is missing']);
    expect(faultsOfResult({ not: { type: 'null' } }, null)).toEqual(['holds under `not`']);
    expect(faultsOfResult({ oneOf: [true, true] }, 1)).toEqual(['holds under 2 of `oneOf`, not under one']);
    expect(faultsOfResult({ prefixItems: [{ const: 1 }], items: false }, [1, 2])).toEqual([
      '1 may not be there',
    ]);
    expect(faultsOfResult({ properties: { toString: { type: 'null' } } }, {})).toEqual([]);
  });

  it('judges as another implementation does', { timeout: 120_000 }, () => {
    const leaf = fc.oneof(
      fc.record(
        { type: fc.constant('string'), minLength: fc.nat(3), maxLength: fc.nat(4) },
        { requiredKeys: ['type'] },
      ),
      fc.record(
        { type: fc.constantFrom('integer', 'number'), minimum: fc.nat(3), exclusiveMaximum: fc.nat(4) },
        { requiredKeys: ['type'] },
      ),
      fc.record({ type: fc.constantFrom('null', 'boolean') }),
      fc.record({ enum: fc.uniqueArray(fc.constantFrom(1, 'a', null, true), { minLength: 1 }) }),
    );
    const { schema } = fc.letrec<{ schema: object }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 2 },
        leaf,
        fc.record({
          type: fc.constant('array'),
          items: tie('schema'),
          minItems: fc.nat(2),
          maxItems: fc.nat(3),
        }),
        // What is required but not described the other one does not enforce.
        fc
          .record({
            type: fc.constant('object'),
            properties: fc.dictionary(fc.constantFrom('a', 'b'), tie('schema')),
            required: fc.subarray(['a', 'b']),
            additionalProperties: fc.boolean(),
          })
          .map((one) => ({
            ...one,
            required: one.required.filter((name) => Object.hasOwn(one.properties, name)),
          })),
        fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
        fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
      ),
    }));
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 2 },
        fc.constantFrom(0, 1, 2, 2.5, '', 'a', 'ab', 'abcd', null, true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value')),
      ),
    }));
    fc.assert(
      fc.property(schema, value, (one, result) => {
        expect(schemaRefused(one)).toEqual([]);
        const other = z.fromJSONSchema(one as Parameters<typeof z.fromJSONSchema>[0]);
        expect(faultsOfResult(one, result).length === 0, JSON.stringify([one, result])).toBe(
          other.safeParse(result).success,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('gives up on a check that would take too long', () => {
    const costly = { items: { anyOf: Array(200).fill({ items: { type: 'null' } }) } };
    expect(schemaRefused(costly)).toEqual([]);
    const result = Array(15_000).fill([[1]]);
    expect(faultsOfResult(costly, result)).toEqual(['is too large to be checked against this schema']);
    const pattern = { pattern: `${'(?:a?){20}'.repeat(5)}$` };
    expect(faultsOfResult(pattern, 'a'.repeat(60_000))).toEqual([
      'is too large to be checked against this schema',
    ]);
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`);
    expect(faultsOfResult({ enum: [1] }, deep)).toEqual(['is too large to be checked against this schema']);
  });
});

describe('other criteria', () => {
  it.each(['/etc/passwd', '../x', 'a/../../x', 'a\0b', ''])('refuse the path %j', (path) => {
    expect(refused({ files: [{ path }] })).toEqual([
      expect.stringContaining('success_criteria/files/0/path: '),
    ]);
  });

  it('take names that only look like a way out', () => {
    expect(refused({ files: [{ path: '..a/b..c/...' }] })).toEqual([]);
  });

  it('refuse what cannot be checked', () => {
    expect(refused({ files: [{ path: 'a', matches: '(' }] })[0]).toContain(
      'files/0/matches: Invalid regular',
    );
    expect(refused({ files: [{ path: 'a', min_bytes: 2, max_bytes: 1 }] })).toEqual([
      'success_criteria/files/0/max_bytes: must not be less than min_bytes',
    ]);
    expect(refused({ files: [{ path: 'a', exists: false }] })).toHaveLength(1);
    expect(refused({ files: [] })).toHaveLength(1);
    expect(refused({ command: { run: [] } })).toHaveLength(1);
    expect(refused({ exit_kode: 0 })).toHaveLength(1);
  });

  it('give a check command a minute', () => {
    expect(SuccessCriteria.parse({ command: { run: 'true' } }).command?.timeout).toBe(60);
  });
});
