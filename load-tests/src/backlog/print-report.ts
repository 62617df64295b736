// What a run with a backlog found, as the tables of the README.
import type { Measured } from '../contest.ts';
import { median } from '../contest.ts';
import type { Assigned } from './assignment-book.ts';
import type { TaskCost } from './broker-memory.ts';
import type { CriticalFinding } from './critical.ts';
import type { RouterMemory } from './routers.ts';

const verdict = (isReached: boolean): string => (isReached ? 'yes' : '**not reached**');

/** Bytes of broker memory per waiting task by where they are. */
export function describeCost(cost: TaskCost, goalBytes: number): string[] {
  const { parts, total_bytes, payload_bytes, beyond_payload_bytes, record } = cost;
  const fields = Object.entries(record.fields).sort(([, a], [, b]) => b - a);
  return [
    '| memory of the broker per waiting task | bytes |',
    '| --- | ---: |',
    ...Object.entries(parts).map(([name, bytes]) => `| ${name} | ${bytes} |`),
    `| all | ${total_bytes} |`,
    `| payload (what the submitter said, as JSON) | ${payload_bytes} |`,
    `| **beyond the payload** (goal: under ${goalBytes}: ${verdict(beyond_payload_bytes < goalBytes)}) | **${beyond_payload_bytes}** |`,
    '',
    `fields of a record, name and value, in bytes: ${fields.map(([name, size]) => `${name} ${size}`).join(', ')}`,
  ];
}

/** The same tasks measured while nothing waits and while the backlog does. */
export function describeThroughput(
  bare: readonly Measured[],
  behind: readonly Measured[],
  tasks: number,
): string[] {
  const rate = (runs: readonly Measured[]): number => median(runs.map((run) => run.tasks_per_s));
  const cpu = (runs: readonly Measured[]): number =>
    median(runs.map((run) => run.cpu_us_per_task['active task-router'] ?? Number.NaN));
  const row = (waiting: number, runs: readonly Measured[]): string =>
    `| ${waiting} | ${rate(runs).toFixed(0)} | ${cpu(runs)} | ${(rate(runs) / rate(bare)).toFixed(2)} |`;
  return [
    `| tasks waiting | tasks/s, median of ${bare.length} | the router's processor time per task, µs | of the first |`,
    '| ---: | ---: | ---: | ---: |',
    row(0, bare),
    row(tasks, behind),
  ];
}

export function describeCritical(
  rows: readonly (readonly [what: string, CriticalFinding])[],
  goalMs: number,
): string[] {
  return [
    `| a critical task: submit → agent has it (ms) | p50 | p99 | max | of it ready → assigned, p50 | p99 | samples | p99 ≤ ${goalMs} ms |`,
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |',
    ...rows.map(([what, { ms, ready_to_assigned_ms: slot }]) => {
      const figures = [ms.p50, ms.p99, ms.max, slot.p50, slot.p99].map((value) => value.toFixed(1));
      return `| ${what} | ${figures.join(' | ')} | ${ms.count} | ${verdict(ms.p99 <= goalMs)} |`;
    }),
  ];
}

export function describeMemory(rows: readonly (readonly [when: string, RouterMemory])[]): string[] {
  return [
    '| when | active router | resident, MiB | heap after a full collection, MiB |',
    '| --- | --- | ---: | ---: |',
    ...rows.map(
      ([when, { instance, rss_mib, heap_mib }]) => `| ${when} | ${instance} | ${rss_mib} | ${heap_mib} |`,
    ),
  ];
}

/** The comparison at the end: what must hold of every task of the backlog. */
export interface Exactness extends Assigned {
  readonly tasks: number;
  readonly ran: number;
  readonly ran_distinct: number;
}

/** Whether each task ran once, ended once, and was never with two agents. */
export const isExact = (found: Exactness): boolean =>
  found.ran === found.tasks &&
  found.ran_distinct === found.tasks &&
  found.completed === found.tasks &&
  found.assigned_twice + found.completed_twice + found.not_completed === 0;

export const describeExactness = (found: Exactness): string =>
  `${isExact(found) ? 'exact' : 'NOT EXACT'}: of ${found.tasks} tasks ${found.ran_distinct} ran, ${found.ran} times in all; ` +
  `assigned ${found.assigned} times, ${found.assigned_again} of them after an agent gave them back, ` +
  `${found.assigned_twice} to two at once; completed ${found.completed}, twice ${found.completed_twice}, ended otherwise ${found.not_completed}`;
