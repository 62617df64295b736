import { type ErrorCode, edgesOf, isTerminal } from '@nova-torch/protocol';
import { expiresAtMs } from './admit.ts';
import { awaitedBy, type DependencyStates } from './dependencies.ts';
import { type Draft, move, openDraft } from './draft.ts';
import { cancel, RELEASED } from './endings.ts';
import { handOf } from './hands.ts';
import { raisedEpoch, rememberedCommands, type TaskRecord, wasObeyed } from './task-record.ts';

/** A cancel or retry, with the id of its message: a repetition is recognised by it. */
export interface Command {
  readonly id: string;
  readonly by: string;
  readonly reason: string;
}

export type CommandDecision =
  | { readonly kind: 'obeyed'; readonly draft: Draft }
  /** It was obeyed before: answer as then. */
  | { readonly kind: 'repeated' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string };

export function decideCancel(record: TaskRecord, command: Command, nowMs: number): CommandDecision {
  if (wasObeyed(record.live, command.id)) return { kind: 'repeated' };
  if (isTerminal(record.state)) {
    return { kind: 'refused', code: 'TASK_ENDED', detail: `${record.task_id} is already ${record.state}` };
  }
  return { kind: 'obeyed', draft: cancel(openDraft(record), command, nowMs) };
}

/**
 * Another try of a task that ended without completing, from a clean start: attempts, error, deadline already passed
 * and time to live begin anew; the history stays.
 */
export function decideRetry(
  record: TaskRecord,
  command: Command,
  dependencies: DependencyStates,
  nowMs: number,
): CommandDecision {
  if (wasObeyed(record.live, command.id)) return { kind: 'repeated' };
  if (record.state === 'completed') {
    return {
      kind: 'refused',
      code: 'TASK_ENDED',
      detail: `${record.task_id} is completed: there is nothing to retry`,
    };
  }
  if (!isTerminal(record.state)) {
    return { kind: 'refused', code: 'TASK_NOT_ENDED', detail: `${record.task_id} is ${record.state}` };
  }
  if (record.live.judges !== undefined) {
    const { task_id: judged } = record.live.judges;
    const detail = `${record.task_id} judged a claim of ${judged} that is decided: retry ${judged} instead`;
    return { kind: 'refused', code: 'TASK_ENDED', detail };
  }
  const unmet = unmetDependency(record, dependencies);
  if (unmet !== undefined) return { kind: 'refused', code: 'VALIDATION', detail: unmet };
  const deadline = record.spec.deadline;
  const { deadline: _passed, ...withoutDeadline } = record.spec;
  const spec = deadline !== undefined && Date.parse(deadline) <= nowMs ? withoutDeadline : record.spec;
  const draft = move(openDraft(record), 'ready', {
    atMs: nowMs,
    actor: command.by,
    reason: command.reason,
    epoch: raisedEpoch(record.epoch, nowMs),
    live: {
      ...RELEASED,
      attempt: 0,
      returns: 0,
      expires_at_ms: expiresAtMs(spec, nowMs),
      ready_at_ms: nowMs,
      agent_id: undefined,
      assigned_at_ms: undefined,
      started_at_ms: undefined,
      claimed_at_ms: undefined,
      ended_at_ms: undefined,
      error: undefined,
      failed_agent_id: undefined,
      progress_count: undefined,
      commands: rememberedCommands(record.live, command.id),
      ...handOf(command.by, 'retry'),
    },
  });
  const hasLog = (record.live.progress_count ?? 0) > 0;
  const cleared = { ...draft, result: null, progress: null, evidence: null };
  return { kind: 'obeyed', draft: hasLog ? { ...cleared, progressLog: null } : cleared };
}

/** Why it cannot be tried again yet, in a sentence. One it was to run after, however it ended, does not hinder it. */
function unmetDependency(record: TaskRecord, states: DependencyStates): string | undefined {
  const awaited = awaitedBy(record);
  for (const { task_id, on_failure } of edgesOf(record.spec)) {
    const state = states.get(task_id);
    if (state === undefined && awaited.includes(task_id)) {
      return `it depends on ${task_id}, which does not exist: submit that one first`;
    }
    if (state === undefined || state === 'completed') continue;
    if (on_failure !== 'run' || !isTerminal(state)) {
      return `it depends on ${task_id}, which is ${state}: retry that one first`;
    }
  }
  return undefined;
}
