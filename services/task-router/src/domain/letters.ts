import {
  type AgentId,
  AttemptFailedV1,
  briefSpec,
  type MessageDefinition,
  TaskAssignedV1,
  TaskChangedV1,
  TaskCompletedV1,
  type TaskError,
  TaskFailedV1,
  type TaskHistoryEntry,
  type TaskProgress,
  TaskStopV1,
} from '@nova-torch/protocol';
import type { TaskRecord } from './task-record.ts';

/** A message before it has an envelope: what is said and to whom. */
export interface Letter {
  readonly to: 'tasksActive' | 'tasksCompleted' | 'tasksFailed' | { readonly inbox: AgentId };
  readonly definition: MessageDefinition;
  readonly payload: unknown;
}

/** The event of one change on the feed of all tasks. */
export function changed(
  record: TaskRecord,
  entry:
    | Omit<TaskHistoryEntry, 'actor'>
    | (Omit<TaskHistoryEntry, 'actor' | 'agent_id'> & { agent_id?: AgentId | undefined }),
  extra: {
    error?: TaskError | undefined;
    progress?: TaskProgress | undefined;
    resultJson?: string | undefined;
  },
): Letter {
  return {
    to: 'tasksActive',
    definition: TaskChangedV1,
    payload: {
      task_id: record.task_id,
      seq: entry.seq,
      from: entry.from,
      to: entry.to,
      at_ms: entry.at_ms,
      epoch: entry.epoch,
      attempt: record.live.attempt,
      agent_id: entry.agent_id,
      reason: entry.reason,
      role: record.spec.role,
      priority: record.spec.priority,
      traceparent: record.traceparent,
      error: extra.error,
      progress: extra.progress,
      ...resultOf(extra.resultJson),
    },
  };
}

/** A result so small that it travels on the feed, in characters of JSON. */
const RESULT_CHARS_MAX = 1_024;

function resultOf(json: string | undefined): { result?: unknown; result_omitted?: true } {
  if (json === undefined) return {};
  return json.length > RESULT_CHARS_MAX ? { result_omitted: true } : { result: JSON.parse(json) as unknown };
}

/** Hands the task to its holder. */
export function assigned(
  record: TaskRecord,
  agentId: AgentId,
  dependencyResults: Record<string, unknown>,
): Letter {
  const { live } = record;
  return {
    to: { inbox: agentId },
    definition: TaskAssignedV1,
    payload: {
      task_id: record.task_id,
      agent_id: agentId,
      epoch: record.epoch,
      lease: live.lease,
      lease_until_ms: live.lease_until_ms,
      attempt: live.attempt,
      spec: briefSpec(record.spec),
      dependency_results: dependencyResults,
      last_error: live.error,
    },
  };
}

/** Tells an agent to stop. It ignores this when it works under a higher epoch. */
export const stop = (
  record: Pick<TaskRecord, 'task_id'>,
  agentId: AgentId,
  epoch: number,
  reason: string,
): Letter => ({
  to: { inbox: agentId },
  definition: TaskStopV1,
  payload: { task_id: record.task_id, epoch, reason },
});

const end = (record: TaskRecord, endedAtMs: number) => ({
  task_id: record.task_id,
  task_type: record.spec.task_type,
  agent_id: record.live.agent_id,
  epoch: record.epoch,
  attempt: record.live.attempt,
  submitted_at_ms: record.submitted_at_ms,
  started_at_ms: record.live.started_at_ms,
  ended_at_ms: endedAtMs,
});

export const completed = (record: TaskRecord, endedAtMs: number): Letter => ({
  to: 'tasksCompleted',
  definition: TaskCompletedV1,
  payload: { ...end(record, endedAtMs), worked_until_ms: record.live.claimed_at_ms },
});

export const failed = (
  record: TaskRecord,
  status: 'failed' | 'cancelled' | 'expired',
  endedAtMs: number,
  error: TaskError,
): Letter => ({
  to: 'tasksFailed',
  definition: TaskFailedV1,
  payload: { ...end(record, endedAtMs), status, error },
});

/** One attempt failed and another will follow. */
export const attemptFailed = (
  record: TaskRecord,
  agentId: AgentId,
  atMs: number,
  error: TaskError,
): Letter => ({
  to: 'tasksFailed',
  definition: AttemptFailedV1,
  payload: {
    task_id: record.task_id,
    task_type: record.spec.task_type,
    agent_id: agentId,
    epoch: record.epoch,
    attempt: record.live.attempt,
    at_ms: atMs,
    error,
  },
});
