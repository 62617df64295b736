// The report of a chaos run for people, in the manner of Jepsen.
import { Samples } from '../latency/samples.ts';
import type { InTime, Recovery } from './recoveries.ts';
import type { ChaosReport } from './run-chaos.ts';

/** What is shown of it. */
export type ShownReport = Omit<ChaosReport, 'broker' | 'events'>;

const FINDINGS_SHOWN = 10;
const percent = (share: number, digits = 2): string => `${(share * 100).toFixed(digits)} %`;

/** The report, line by line. */
export function describeReport(report: ShownReport): string[] {
  const { counts, findings, valid } = report.history;
  const { lost, duplicated, stale, recovered, ended } = counts;
  const within = report.accepted_within_1s;
  return [
    `lost ${lost}   duplicated ${duplicated}   stale ${stale}   recovered ${recovered}`,
    '',
    `submitted ${counts.submitted}: accepted ${counts.accepted}, refused ${counts.refused}, unknown ${counts.unknown} (${recovered} of them are there)`,
    `accepted: completed ${ended.completed}, cancelled ${ended.cancelled}, expired ${ended.expired}, failed ${ended.failed}`,
    `of those nobody cancelled and without deadline, completed: ${percent(report.completed_share)}`,
    `begun again ${counts.begun_again}, ended again because the broker lost the end ${counts.ended_again_after_loss}, late results refused ${counts.refused_results}, dead letters ${counts.dead_letters}`,
    `accepted within 1 s, without dependencies: ${inTime(within.plain)}`,
    `accepted within 1 s, with dependencies (the active router answers): ${inTime(within.with_dependencies)}`,
    `submission: ${summary(report.submit_ms)}`,
    `faults: ${faultCounts(report)}; ${report.faults_skipped} found nobody to strike`,
    `ready after ${report.started_in_s} s; after the last fault and submission all had ended within ${report.settled_in_s} s`,
    '',
    'until it went on (ms):',
    ...recoveryLines(report),
    '',
    'check:',
    ...Object.entries(findings).flatMap(([check, list]) => [
      `  ${list.length === 0 ? 'holds   ' : 'VIOLATED'} ${check}`,
      ...list.slice(0, FINDINGS_SHOWN).map(({ taskId, what }) => `             ${taskId ?? ''} ${what}`),
    ]),
    '',
    'process: processor (of one core), memory at most',
    ...Object.entries(report.usage).map(
      ([name, { cpu_percent, memory_mib_max }]) =>
        `  ${name.padEnd(20)} ${String(cpu_percent).padStart(5)} %  ${String(memory_mib_max).padStart(4)} MiB`,
    ),
    '',
    valid ? 'The history holds.' : 'THE HISTORY DOES NOT HOLD.',
  ];
}

const inTime = ({ all, brokerThere, counted }: InTime): string =>
  `${percent(brokerThere, 3)} while the broker was there (${counted}), ${percent(all, 3)} of all`;

/** Nearest-rank percentiles of durations; says so when there are none. */
export function summary(values: readonly number[]): string {
  if (values.length === 0) return 'none';
  const samples = new Samples();
  for (const value of values) samples.add(value);
  const { count, p50, p99, max } = samples.summary;
  return `p50 ${Math.round(p50)}, p99 ${Math.round(p99)}, max ${Math.round(max)} ms (${count})`;
}

function recoveryLines({ recoveries }: ShownReport): string[] {
  const rows: [string, readonly Recovery[]][] = [
    ['agent killed, its connection drops (HTTP) → its task with another', recoveries.agent_killed_over_http],
    ['agent killed, only its heartbeats stop (streams) → the same', recoveries.agent_killed_over_streams],
    ['active router killed → another one is active', recoveries.router_killed],
    ['broker killed and restarted: ready → first task begun', recoveries.broker_restarted],
  ];
  return rows.map(([what, all]) => {
    const calm = all.filter(({ disturbedBy }) => disturbedBy === undefined);
    const both =
      calm.length === all.length ? '' : `; with other faults in between: ${summary(all.map(({ ms }) => ms))}`;
    return `  ${what}: ${summary(calm.map(({ ms }) => ms))}${both}`;
  });
}

function faultCounts({ faults }: ShownReport): string {
  const byKind = Map.groupBy(faults, ({ kind }) => kind);
  return [...byKind].map(([kind, list]) => `${kind} ${list.length}`).join(', ') || 'none';
}
