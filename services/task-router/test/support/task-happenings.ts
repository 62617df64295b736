// What may happen in a world of tasks (task-world.ts), in any order.
import fc from 'fast-check';
import type { Report } from '../../src/domain/settle-report.ts';

export const TASKS = 4;
export const AGENTS = 3;

export type Happening =
  | {
      kind: 'submit';
      task: number;
      retries: number;
      after: number | undefined;
      exitCode: boolean;
      review: boolean;
      timed: boolean;
    }
  | { kind: 'assign'; task: number; agent: number }
  | {
      kind: 'report';
      task: number;
      what: Report['type'];
      which: 'current' | 'first' | 'lease' | 'agent';
      good: boolean;
      returned: boolean;
    }
  | { kind: 'pass'; ms: number }
  | { kind: 'lose'; agent: number }
  | { kind: 'cancel' | 'retry'; task: number; command: number }
  | { kind: 'resolve'; task: number }
  | { kind: 'judge'; task: number; agent: number; how: 'approve' | 'reject' | 'cancel' }
  | { kind: 'again'; back: number; sameOp: boolean }
  | { kind: 'takeover'; late: boolean };

const task = fc.nat({ max: TASKS - 1 });
const agent = fc.nat({ max: AGENTS - 1 });

/** Anything that may happen; the likelier ones lead tasks on. */
export const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('submit' as const),
        task,
        retries: fc.nat({ max: 2 }),
        after: fc.option(task, { nil: undefined }),
        exitCode: fc.boolean(),
        review: fc.boolean(),
        timed: fc.boolean(),
      }),
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('assign' as const), task, agent }) },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('report' as const),
        task,
        what: fc.constantFrom<Report['type'][]>(
          'report.started.v1',
          'report.progress.v1',
          'report.completed.v1',
          'report.failed.v1',
        ),
        which: fc.constantFrom<('current' | 'first' | 'lease' | 'agent')[]>(
          'current',
          'current',
          'current',
          'first',
          'lease',
          'agent',
        ),
        good: fc.boolean(),
        returned: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('pass' as const),
        ms: fc.constantFrom(10, 10, 1_000, 1_000, 5_000, 40_000, 90_000, 40_000_000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), agent }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom<('cancel' | 'retry')[]>('cancel', 'retry'),
        task,
        command: fc.nat({ max: 2 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('resolve' as const), task }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('judge' as const),
        task,
        agent,
        how: fc.constantFrom<('approve' | 'reject' | 'cancel')[]>('approve', 'reject', 'cancel'),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('again' as const),
        back: fc.nat({ max: 10 }),
        sameOp: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('takeover' as const), late: fc.boolean() }) },
  ),
  { minLength: 40, maxLength: 150, size: 'max' },
);
