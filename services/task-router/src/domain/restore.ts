// A task that had ended before the broker lost its data, or went back to older data.
import { isTerminal, type TaskId, type TaskSpec, type TerminalState } from '@nova-torch/protocol';
import { expiresAtMs } from './admit.ts';
import { type Draft, moveBack, newDraft, openDraft, send } from './draft.ts';
import { holderOf, RELEASED } from './endings.ts';
import { stop } from './letters.ts';
import { raisedEpoch, type TaskLive, type TaskRecord } from './task-record.ts';

/** What was kept of it. */
export interface EndedTask {
  readonly task_id: TaskId;
  readonly spec: TaskSpec;
  readonly submitter: string;
  readonly submitted_at_ms: number;
  readonly end: {
    readonly status: TerminalState;
    readonly epoch: number;
    readonly attempt: number;
    readonly result?: unknown;
  } & Partial<Pick<TaskLive, 'agent_id' | 'error' | 'started_at_ms'>> & { readonly ended_at_ms: number };
}

/**
 * Ends a task again as it had ended; undefined for one that is ended in the records. Whoever holds it is told to stop, and
 * the raised epoch refuses its result.
 */
export function restore(
  task: EndedTask,
  known: TaskRecord | undefined,
  by: { readonly actor: string; readonly traceparent: string },
  nowMs: number,
): Draft | undefined {
  if (known !== undefined && isTerminal(known.state)) return undefined;
  const { end } = task;
  const { status, agent_id, error, started_at_ms, ended_at_ms, attempt } = end;
  const draft = known === undefined ? newRecord(task, by.traceparent) : openDraft(known);
  const holder = holderOf(draft);
  const epoch = known === undefined ? end.epoch : raisedEpoch(Math.max(known.epoch, end.epoch), nowMs);
  const reason = 'restored from a journal: it had ended before the broker lost it';
  const ended = moveBack(draft, status, {
    ...{ atMs: nowMs, actor: by.actor, reason, agentId: agent_id, error, epoch },
    live: { ...RELEASED, attempt, agent_id, error, started_at_ms, ended_at_ms },
  });
  const told = holder === undefined ? ended : send(ended, stop(ended.record, holder, epoch, reason));
  return { ...told, result: end.result === undefined ? null : JSON.stringify(end.result) };
}

function newRecord(
  { task_id, spec, submitter, submitted_at_ms, end }: EndedTask,
  traceparent: string,
): Draft {
  return newDraft({
    ...{ task_id, spec, submitter, submitted_at_ms, traceparent },
    live: { attempt: end.attempt, returns: 0, expires_at_ms: expiresAtMs(spec, submitted_at_ms) },
  });
}
