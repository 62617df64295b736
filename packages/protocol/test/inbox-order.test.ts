import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasExpired, nextOfInbox, PRIORITIES, type Priority } from '../src/index.ts';

interface One {
  readonly type: string;
  readonly priority: Priority;
  readonly n: number;
}
const message = (priority: Priority, n: number): One => ({ type: 'message.posted.v1', priority, n });
const order = (waiting: readonly One[], count = waiting.length, given = 0): number[] =>
  nextOfInbox(waiting, count, given, (one) => one).map(({ n }) => n);

describe('the order of an inbox', () => {
  it('is by priority, then by arrival; the platform comes first and keeps its order', () => {
    const waiting = [
      ...[
        message('low', 0),
        message('urgent', 1),
        { type: 'task.assigned.v1', priority: 'low' as const, n: 2 },
      ],
      ...[
        message('normal', 3),
        message('urgent', 4),
        { type: 'task.stop.v1', priority: 'critical' as const, n: 5 },
      ],
    ];
    expect(order(waiting)).toEqual([2, 5, 1, 4, 3, 0]);
    expect(order(waiting, 3)).toEqual([2, 5, 1]);
    expect(order([], 3)).toEqual([]);
  });

  it('never starves: of each eight handed out one is the oldest', () => {
    const waiting = [message('low', -1), ...Array.from({ length: 20 }, (_, n) => message('urgent', n))];
    expect(order(waiting, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, -1]);
    expect(order(waiting, 1, 7)).toEqual([-1]);
    // One at a time while urgent ones keep coming.
    let left = [...waiting];
    const turns: number[] = [];
    for (let given = 0; given < 8; given += 1) {
      const [next] = nextOfInbox(left, 1, given, (one) => one);
      turns.push(next?.n ?? Number.NaN);
      left = [...left.filter((one) => one !== next), message('urgent', 100 + given)];
    }
    expect(turns).toContain(-1);
  });

  it('hands out each once and keeps alike ones in their order', () => {
    const any = fc.array(fc.tuple(fc.constantFrom(...PRIORITIES), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(any, fc.nat(50), fc.nat(20), (kinds, count, given) => {
        const waiting = kinds.map(([priority, posted], n) =>
          posted ? message(priority, n) : { type: 'task.stop.v1', priority, n },
        );
        const got = order(waiting, count, given);
        expect(new Set(got).size).toBe(Math.min(count, waiting.length));
        for (const rank of [...PRIORITIES, 'platform']) {
          const alike = got.filter((n) => {
            const { type, priority } = waiting[n] ?? message('low', 0);
            return (type === 'task.stop.v1' ? 'platform' : priority) === rank;
          });
          expect(alike).toEqual(alike.toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it('knows what is over', () => {
    expect([
      hasExpired({}, 5),
      hasExpired({ expires_at: 5 }, 4_999),
      hasExpired({ expires_at: 5 }, 5_000),
    ]).toEqual([...[false, false, true]]);
  });
});
