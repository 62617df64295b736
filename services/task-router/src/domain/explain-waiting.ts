import {
  dependencyIds,
  isTerminal,
  judgingTaskId,
  mayTakeTasks,
  type TaskId,
  type TaskState,
} from '@nova-torch/protocol';
import type { AgentIndex } from './agent-index.ts';
import type { HeldTasks } from './held-tasks.ts';
import { freeSlots } from './indexed-agent.ts';
import type { RestingAgents, Standing } from './resting.ts';
import { apartOf, apartText, isBeside } from './spread.ts';
import type { TaskRecord } from './task-record.ts';
import { demandOf, type Label } from './waiting.ts';

/** What only the active router knows of the fleet. */
export interface KnownToActive {
  readonly resting?: RestingAgents | undefined;
  readonly held?: HeldTasks | undefined;
}

/**
 * Why a task still waits, in a sentence; undefined when it does not. `states` are those of its dependencies, or
 * of the task that judges its claim, where known. On a replica that is not the active router the slots in use are not known: a fleet without a free slot is
 * then told from the registry's word (`busy`).
 */
export function explainWaiting(
  record: TaskRecord,
  states: ReadonlyMap<string, TaskState>,
  index: AgentIndex,
  nowMs: number,
  { resting, held }: KnownToActive = {},
): string | undefined {
  const { state, live, spec } = record;
  if (state === 'blocked') {
    const open = dependencyIds(spec).filter((taskId) => {
      const dependency = states.get(taskId);
      return dependency === undefined || !isTerminal(dependency);
    });
    if (open.length === 0) return 'the rest of its workflow, which is being written';
    const named = open
      .slice(0, 3)
      .map((taskId) => `${taskId} (${states.get(taskId) ?? 'not submitted yet'})`);
    const rest = open.length > named.length ? ` and ${open.length - named.length} more` : '';
    return `the completion of ${named.join(', ')}${rest}`;
  }
  if (state === 'scheduled') {
    if (live.attempt === 0) return `its time to run: ${spec.run_at}`;
    const seconds = Math.max(0, Math.ceil(((live.retry_at_ms ?? nowMs) - nowMs) / 1000));
    return `the delay before its next attempt, ${seconds} s more; the last one failed: ${live.error?.message ?? 'unknown'}`;
  }
  if (state === 'verifying') return explainJudging(record, states);
  if (state !== 'ready') return undefined;
  const demand = demandOf(spec);
  const wanted = [
    demand.role === undefined ? 'an agent' : `an agent of the role ${demand.role}`,
    demand.skills.length === 0 ? '' : ` with the skills ${demand.skills.join(', ')}`,
    demand.labels === undefined ? '' : ` with the labels ${labelsText(demand.labels)}`,
    demand.avoid === undefined ? '' : ` without the labels ${labelsText(demand.avoid)}`,
    demand.otherThan === undefined ? '' : ` other than ${demand.otherThan}`,
  ].join('');
  let able = 0;
  let alive = 0;
  let rested = 0;
  const apart = apartOf(spec);
  let free = 0;
  let beside = 0;
  let first: Standing | undefined;
  for (const agent of index.able(demand)) {
    able += 1;
    if (!mayTakeTasks(agent.record.status)) continue;
    alive += 1;
    if (apart?.required && held !== undefined && freeSlots(agent) > 0) {
      free += 1;
      if (isBeside(agent, apart, index, held)) beside += 1;
    }
    const rest = resting?.restOf(agent.id, spec.task_type);
    if (rest === undefined) continue;
    rested += 1;
    if (first === undefined || rest.untilMs < first.untilMs) first = rest;
  }
  if (able === 0) return `${wanted}: none is registered`;
  if (alive === 0) return `${wanted}: ${able} registered, none of them can take tasks now`;
  if (first !== undefined && rested === alive) {
    const seconds = Math.max(0, Math.ceil((first.untilMs - nowMs) / 1000));
    const until =
      seconds > 0 ? `resting after ${first.failures} failures in a row, ${seconds} s more` : 'on trial';
    return `${wanted}: ${alive} can do it, all rest from tasks of the type ${spec.task_type}; ${first.agentId} first: ${until}`;
  }
  if (apart !== undefined && free > 0 && beside === free)
    return `${wanted} without a task with the label ${apartText(apart)}: ${alive} can do it, ${free} with a free slot, none without such a task`;
  return `a free slot of ${wanted}: ${alive} can do it, ${alive === 1 ? 'it is' : 'all are'} busy`;
}

function explainJudging(
  { task_id, epoch, live, spec }: TaskRecord,
  states: ReadonlyMap<string, TaskState>,
): string | undefined {
  const { judged_by: judge } = live;
  if (judge === undefined) return undefined;
  const isCheck = judge === judgingTaskId(task_id, epoch, 'check');
  const { review, verified_by: checker } = spec.success_criteria;
  const [what, role] = isCheck ? ['check', checker] : ['review', review?.role];
  return `its ${what}, ${judge} (${states.get(judge) ?? 'unknown'}), by an agent of the role ${role} other than ${live.agent_id}`;
}

/** The tasks whose states say why this one waits. */
export function waitsForTasks({ state, spec, live }: TaskRecord): readonly TaskId[] {
  if (state === 'blocked') return dependencyIds(spec);
  return state === 'verifying' && live.judged_by !== undefined ? [live.judged_by] : [];
}

export const labelsText = (labels: readonly Label[]): string =>
  labels.map(([name, value]) => `${name}=${value}`).join(', ');
