import { ROUTER_METRICS, TASK_METRICS } from '@nova-torch/metrics';
import { PRIORITIES, TASK_TRANSITIONS, TERMINAL_STATES } from '@nova-torch/protocol';
import {
  boundNames,
  type MadeMetrics,
  type Metrics,
  type Series,
  startAtZero,
} from '@nova-torch/service-kit';
import type { Memory } from './active/memory.ts';
import { countWaiting, NO_ROLE, type ReasonCounts, WAITING_REASONS } from './domain/waiting-reasons.ts';

/** Every metric the task-router has of its own. */
export type RouterMetrics = MadeMetrics<typeof TASK_METRICS & typeof ROUTER_METRICS>;

const REPORTS = ['started', 'progress', 'completed', 'failed'].map((what) => `report.${what}.v1`);
const REJECTIONS = ['unknown_task', 'not_held', 'wrong_agent', 'stale_epoch', 'wrong_lease'];
const OUTCOMES = {
  submissions: ['accepted', 'refused', 'duplicate', 'early'],
  spawnRequests: ['asked', 'repeated', 'backlog', 'no_answer', 'started', 'refused', 'failed', 'useless'],
  schedulesFired: ['fired', 'skipped', 'missed'],
  restored: ['restored', 'changed', 'known'],
};

/** Makes them, those whose labels are known at 0. Once per process. */
export function routerMetrics(metrics: Metrics): RouterMetrics {
  const made = metrics.make({ ...TASK_METRICS, ...ROUTER_METRICS });
  const ends = TERMINAL_STATES.map((end) => ({ end }));
  for (const histogram of [made.runDuration, made.turnaround, made.attempts]) startAtZero(histogram, ends);
  startAtZero(
    made.waitDuration,
    PRIORITIES.map((priority) => ({ priority })),
  );
  startAtZero(
    made.ends,
    ends.map((end) => ({ ...end, hand: 'none' })),
  );
  startAtZero(
    made.transitions,
    TASK_TRANSITIONS.map(({ from, to }) => ({ from, to })),
  );
  startAtZero(made.assignments, [{ path: 'direct' }, { path: 'matched' }]);
  startAtZero(made.leaderChanges, [{ what: 'gained' }, { what: 'lost' }]);
  startAtZero(
    made.reports,
    REPORTS.map((type) => ({ type })),
  );
  startAtZero(
    made.rejectedReports,
    REPORTS.flatMap((type) => REJECTIONS.map((reason) => ({ type, reason }))),
  );
  startAtZero(
    made.repairs,
    ['index', 'slots', 'line', 'forgotten_work', 'timer'].map((what) => ({ what })),
  );
  for (const [key, outcomes] of Object.entries(OUTCOMES) as [keyof typeof OUTCOMES, string[]][]) {
    startAtZero(
      made[key],
      outcomes.map((outcome) => ({ outcome })),
    );
  }
  return made;
}

/** Numbers read when they are asked for. */
export interface RouterGauges {
  readonly active: () => number;
  readonly held: () => number;
  readonly agents: () => number;
  readonly freeSlots: () => number;
  readonly resting: () => number;
  readonly unserved: () => number;
  readonly busyClasses: () => number;
}

/** Has the gauges of this instance read them. */
export function registerGauges(metrics: Metrics, made: RouterMetrics, gauges: RouterGauges): void {
  for (const [key, value] of Object.entries(gauges) as [keyof RouterGauges, () => number][]) {
    metrics.measure(made[key], value);
  }
}

/** Has the gauges of tasks read the memory of the active router. */
export function registerTaskGauges(
  metrics: Metrics,
  made: RouterMetrics,
  active: { readonly memory: Memory | undefined },
  indexes: { openCount(): Promise<number> },
): void {
  metrics.measureEach(made.open, async () => {
    const { memory } = active;
    const all = memory === undefined ? 0 : await indexes.openCount();
    const [ready, held] = [memory?.lines.size ?? 0, memory?.held.size ?? 0];
    const assigned = memory === undefined ? 0 : assignedIn(memory);
    return Object.entries({
      ready,
      assigned,
      running: Math.max(0, held - assigned),
      // Nothing tells these three apart without reading every record.
      blocked_scheduled_verifying: Math.max(0, all - ready - held),
    }).map(([state, count]): Series<'state'> => [{ state }, count]);
  });
  metrics.measureEach(made.waiting, () => {
    const { memory } = active;
    return waitingSeries(
      memory === undefined ? new Map() : countWaiting(memory.lines.lines(), memory.agents),
    );
  });
}

/** Tasks given to an agent that has not reported its start: young ones, whose records are remembered. */
function assignedIn({ held, records }: Memory): number {
  let count = 0;
  for (const taskId of held.taskIds()) if (records.get(taskId)?.state === 'assigned') count += 1;
  return count;
}

function waitingSeries(byRole: ReadonlyMap<string, ReasonCounts>): Series<'role' | 'reason'>[] {
  const sum = (counts: ReasonCounts): number =>
    WAITING_REASONS.reduce((all, reason) => all + counts[reason], 0);
  const called = boundNames(new Map([...byRole].map(([role, counts]) => [role, sum(counts)])));
  // Always there, so that a sum over nothing that waits is 0.
  const shown = new Map<string, ReasonCounts>([[NO_ROLE, { no_agent: 0, no_slot: 0, matching: 0 }]]);
  for (const [role, counts] of byRole) {
    const name = called(role);
    const known = shown.get(name) ?? { no_agent: 0, no_slot: 0, matching: 0 };
    shown.set(name, known);
    for (const reason of WAITING_REASONS) known[reason] += counts[reason];
  }
  return [...shown].flatMap(([role, counts]) =>
    WAITING_REASONS.map((reason): Series<'role' | 'reason'> => [{ role, reason }, counts[reason]]),
  );
}
