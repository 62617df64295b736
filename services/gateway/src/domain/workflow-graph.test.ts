import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GraphTask, orderGraph } from './workflow-graph.ts';

const graph = (edges: Readonly<Record<string, readonly string[]>>): GraphTask[] =>
  Object.entries(edges).map(([key, after]) => ({
    key,
    depends_on: after.map((one) => ({ key: one, on_failure: 'fail' })),
  }));
const problemOf = (tasks: readonly GraphTask[]) => {
  const ordered = orderGraph(tasks);
  return ordered.ok ? undefined : ordered.problem;
};

describe('a graph of tasks', () => {
  it.each([
    ['a cycle', graph({ a: ['b'], b: ['c'], c: ['a'] }), 'tasks/0/depends_on/0', 'a cycle: a -> b -> c -> a'],
    [
      'one behind a tail',
      graph({ t: ['a'], a: ['b'], b: ['a'] }),
      'tasks/1/depends_on/0',
      'a cycle: a -> b -> a',
    ],
    ['itself', graph({ a: [], b: ['a', 'b'] }), 'tasks/1/depends_on/1', 'b depends on itself'],
    [
      'a near miss',
      graph({ build: [], test: ['biuld'] }),
      'tasks/1/depends_on/0',
      'there is no task biuld; did you mean build?',
    ],
    [
      'an unknown key',
      graph({ build: [], test: ['deploy'] }),
      'tasks/1/depends_on/0',
      'there is no task deploy',
    ],
    [
      'a key twice',
      [...graph({ a: [] }), ...graph({ b: [] }), ...graph({ a: [] })],
      'tasks/2/key',
      'a is the key of tasks/0 already',
    ],
    [
      'two modes',
      [
        ...graph({ a: [] }),
        {
          key: 'b',
          depends_on: [
            { key: 'a', on_failure: 'run' as const },
            { key: 'a', on_failure: 'skip' as const },
          ],
        },
      ],
      'tasks/1/depends_on/1',
      'a is named before, with another mode',
    ],
  ])('that has %s is refused with its place', (_what, tasks, field, detail) => {
    expect(problemOf(tasks)).toEqual({ field, detail });
  });

  it('of a thousand levels is put in order, and a ring of a thousand found', () => {
    const chain = Array.from(
      { length: 1_000 },
      (_, n): GraphTask => ({
        key: `k${n}`,
        depends_on: n === 999 ? [] : [{ key: `k${n + 1}`, on_failure: 'fail' }],
      }),
    );
    const ordered = orderGraph(chain);
    expect(ordered).toMatchObject({ ok: true, depth: 1_000 });
    if (ordered.ok) expect(ordered.order[0]).toBe(999);
    const ring = chain.with(999, { key: 'k999', depends_on: [{ key: 'k0', on_failure: 'fail' }] });
    expect(problemOf(ring)?.detail).toMatch(/^a cycle: k0 -> k1 .*\(981 more\) .* -> k999 -> k0$/);
  });

  it('without a cycle is put in an order that keeps every edge; with one, a real cycle is named', () => {
    const arbitrary = fc
      .integer({ min: 1, max: 12 })
      .chain((size) =>
        fc
          .array(fc.tuple(fc.nat({ max: size - 1 }), fc.nat({ max: size - 1 })), { maxLength: 25 })
          .map((pairs) => ({ size, pairs })),
      );
    fc.assert(
      fc.property(arbitrary, ({ size, pairs }) => {
        const needed = Array.from({ length: size }, () => new Set<number>());
        for (const [from, to] of pairs) if (from !== to) needed[from]?.add(to);
        const tasks = needed.map(
          (all, n): GraphTask => ({
            key: `k${n}`,
            depends_on: [...all].map((one) => ({ key: `k${one}`, on_failure: 'fail' })),
          }),
        );
        const ordered = orderGraph(tasks);
        if (ordered.ok) {
          expect([...ordered.order].sort((a, b) => a - b)).toEqual(tasks.map((_, n) => n));
          for (const [n, all] of needed.entries())
            for (const one of all) expect(ordered.order.indexOf(one)).toBeLessThan(ordered.order.indexOf(n));
          return;
        }
        const keys = ordered.problem.detail.replace('a cycle: ', '').split(' -> ');
        expect(keys[0]).toBe(keys.at(-1));
        for (let n = 0; n + 1 < keys.length; n += 1) {
          const [from, to] = [keys[n], keys[n + 1]].map((key) => Number(key?.slice(1)));
          expect(needed[from ?? 0]?.has(to ?? 0)).toBe(true);
        }
      }),
    );
  });
});
