import type { TaskAnalysis, TaskSpec } from '@nova-torch/protocol';
import type { Finding, Findings } from './find-in-text.ts';
import { quoted } from './quoted.ts';
import type { RunStatistics } from './run-durations.ts';

/** Complexity of a task of which nothing is said. */
const PLAIN = 0.2;
const PER_SKILL = 0.05;
const SKILLS_COUNTED = 4;
const LONG_CHARS = 4_000;
const LONG_MOST = 0.15;
const PER_STEP = 0.02;
const STEPS_MOST = 0.15;

/** Begins of the lines of a list. Each line is looked at once. */
const listItem = /^[ \t]*(?:[-*•]|\d{1,3}[.)])[ \t]+\S/gm;

/**
 * How hard the task sounds, 0 to 1: words that make it harder or easier, the number of skills, the length of its text,
 * and the steps listed. A rule of thumb, the same for the same text.
 */
export function complexityOf(text: string, findings: Findings): TaskAnalysis['complexity'] {
  const reasons: string[] = [];
  let value = PLAIN;
  const add = (share: number, reason: string): void => {
    value += share;
    reasons.push(reason);
  };
  for (const { matched, weight } of findings.harder) add(weight, `harder: ${quoted(matched)}`);
  for (const { matched, weight } of findings.easier) add(-weight, `easier: ${quoted(matched)}`);
  const skills = findings.skill.length;
  if (skills > 1) add(PER_SKILL * Math.min(SKILLS_COUNTED, skills - 1), `${skills} skills`);
  const length = LONG_MOST * Math.min(1, text.length / LONG_CHARS);
  if (length >= 0.01) add(length, `a description of ${text.length} characters`);
  const steps = text.match(listItem)?.length ?? 0;
  if (steps > 1) add(Math.min(STEPS_MOST, PER_STEP * steps), `${steps} points listed`);
  if (reasons.length === 0) reasons.push('nothing in it says that it is hard or easy');
  return { value: Math.round(Math.min(1, Math.max(0, value)) * 100) / 100, reasons };
}

/** Completed tasks of a type from which on their history is believed. */
export const HISTORY_MIN = 5;
/** Seconds a task of no complexity may take, and how many times as long one of the highest. */
const SHORTEST_S = 60;
const LONGEST_FACTOR = 60;

/** How long it may run: as the tasks of its type did, else 1 minute to 1 hour by its complexity. */
export function durationOf(
  { task_type: type }: Pick<TaskSpec, 'task_type'>,
  complexity: number,
  history: RunStatistics | undefined,
): TaskAnalysis['duration'] {
  if (history !== undefined && history.count >= HISTORY_MIN) {
    return {
      seconds: rounded(history.recentMean),
      p90_seconds: rounded(history.p90),
      source: 'history',
      reason: `${history.count} tasks of the type "${type}" were completed, the last ones in ${rounded(history.recentMean)} s on average`,
    };
  }
  const known =
    history === undefined
      ? `no task of the type "${type}" was completed yet`
      : `only ${history.count} of the type "${type}" completed, ${HISTORY_MIN} are needed`;
  return {
    seconds: Math.round(SHORTEST_S * LONGEST_FACTOR ** complexity),
    source: 'complexity',
    reason: `a guess from its complexity of ${complexity}: ${known}`,
  };
}

/** Seconds to three digits. */
const rounded = (seconds: number): number => Number(seconds.toPrecision(3));

/** Whether parts of it may be done at the same time. */
export function parallelisableOf({ parallel, sequential }: Findings): TaskAnalysis['parallelisable'] {
  if (parallel.length === 0)
    return { value: false, reason: 'nothing in it says that its parts are independent' };
  if (sequential.length === 0) return { value: true, reason: wordsOf(parallel) };
  return { value: false, reason: `${wordsOf(parallel)}, but ${wordsOf(sequential)}` };
}

const ROLES_OF_A_TEAM = 3;

/** Whether it asks for several agents. `roles` are those that something points to. */
export function teamNeededOf({ team }: Findings, roles: readonly string[]): TaskAnalysis['team_needed'] {
  if (team.length > 0) return { value: true, reason: wordsOf(team) };
  if (roles.length >= ROLES_OF_A_TEAM) {
    return { value: true, reason: `it touches the work of ${roles.length} roles: ${roles.join(', ')}` };
  }
  const reason =
    roles.length === 0 ? 'nothing in it asks for one' : `it is the work of ${roles.join(' and ')}`;
  return { value: false, reason };
}

const wordsOf = (findings: readonly Finding[]): string => quoted(findings.flatMap(({ matched }) => matched));
