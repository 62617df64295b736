import { CHECKS, type CheckName, type CheckOptions, type Finding } from './checks.ts';
import type { EndEvent, HistoryEvent } from './events.ts';
import { type History, isAccepted, lastEnd, readHistory, type TaskHistory } from './history.ts';

/** How many of what a history has. `lost`, `duplicated` and `stale` must be 0. */
export interface HistoryCounts {
  readonly submitted: number;
  readonly accepted: number;
  readonly refused: number;
  /** Submissions without an answer. */
  readonly unknown: number;
  /** Of those: their task is there after all. */
  readonly recovered: number;
  /** Accepted tasks by how they ended. */
  readonly ended: Readonly<Record<EndEvent['state'], number>>;
  /** Accepted and never ended. */
  readonly lost: number;
  /** Ended, or with a result accepted, more than once. */
  readonly duplicated: number;
  /** Tasks with anything taken under a stale epoch. */
  readonly stale: number;
  /** Results that came too late and were not taken. */
  readonly refused_results: number;
  /** Ended again because the broker had lost the end. */
  readonly ended_again_after_loss: number;
  /** Begun again after a first time, by the same or another agent. */
  readonly begun_again: number;
  readonly dead_letters: number;
}

export interface HistoryReport {
  readonly valid: boolean;
  readonly findings: Readonly<Record<CheckName, readonly Finding[]>>;
  readonly counts: HistoryCounts;
}

/** Runs every check over a history, in whatever order its events come. Pure. */
export function checkHistory(
  events: Iterable<HistoryEvent>,
  options: Partial<CheckOptions> = {},
): HistoryReport {
  const history = readHistory(events);
  const names = Object.keys(CHECKS) as CheckName[];
  const found = names.map((name) => [name, CHECKS[name](history, { clockSkewMs: 0, ...options })] as const);
  const findings = Object.fromEntries(found) as Record<CheckName, Finding[]>;
  return {
    valid: found.every(([, list]) => list.length === 0),
    findings,
    counts: countHistory(history, findings),
  };
}

function countHistory(history: History, findings: HistoryReport['findings']): HistoryCounts {
  const tasks = [...history.tasks.values()];
  const submits = [...tasks.flatMap((task) => task.submits), ...history.taskless];
  const answered = (answer: string) => submits.filter((submit) => submit.answer === answer).length;
  const accepted = tasks.filter(isAccepted);
  const endedAs = (state: EndEvent['state']) =>
    accepted.filter((task) => lastEnd(task)?.state === state).length;
  const unknown = tasks.filter(({ submits: [first] }) => first?.answer === 'unknown');
  return {
    submitted: submits.length,
    accepted: answered('ok'),
    refused: answered('fail'),
    unknown: answered('unknown'),
    recovered: unknown.filter(({ ends, holds }) => ends.length + holds.length > 0).length,
    ended: {
      completed: endedAs('completed'),
      failed: endedAs('failed'),
      cancelled: endedAs('cancelled'),
      expired: endedAs('expired'),
    },
    lost: accepted.filter(({ ends }) => ends.length === 0).length,
    duplicated: new Set([
      ...tasks.filter(({ ends }) => ends.length > 1).map(({ taskId }) => taskId),
      ...idsOf(findings['at most one result of a task is accepted']),
    ]).size,
    stale: idsOf(findings['nothing is taken under a stale epoch']).size,
    refused_results: tasks.reduce((sum, { work }) => sum + work.filter(isRefusedResult).length, 0),
    ended_again_after_loss: tasks.filter(({ lostEnds }) => lostEnds.length > 0).length,
    begun_again: tasks.reduce((sum, task) => sum + Math.max(0, startsOf(task) - 1), 0),
    dead_letters: history.deadLetters.length,
  };
}

const idsOf = (findings: readonly Finding[]): Set<string> =>
  new Set(findings.flatMap(({ taskId }) => taskId ?? []));
const isRefusedResult = ({ kind, answer }: TaskHistory['work'][number]): boolean =>
  kind === 'result' && answer === 'fail';
const startsOf = ({ work }: TaskHistory): number => work.filter(({ kind }) => kind === 'start').length;
