import {
  type AgentId,
  isLegalTransition,
  isTerminal,
  type TaskError,
  type TaskEvidence,
  type TaskHistoryEntry,
  type TaskId,
  type TaskProgress,
  type TaskState,
  type TerminalState,
} from '@nova-torch/protocol';
import type { KeptDecision } from './decision.ts';
import type { Letter } from './letters.ts';
import { changed } from './letters.ts';
import { type LoggedProgress, logEntry, PROGRESS_LOG_MAX } from './progress-log.ts';
import type { FailedAttempt, TaskLive, TaskRecord } from './task-record.ts';

/** Who decides, when, and with what luck: the only inputs of a decision besides the record. */
export interface Moment {
  /** The broker's clock, Unix milliseconds. */
  readonly nowMs: number;
  /** A number in [0, 1), for jitter. */
  random(): number;
}

/** A decision in the making: one or several legal steps from `before` to `record`, written together or not at all. */
export interface Draft {
  readonly before: TaskRecord | undefined;
  readonly record: TaskRecord;
  /** `none` until the first step of a submission. */
  readonly state: TaskState | 'none';
  readonly steps: readonly TaskHistoryEntry[];
  readonly letters: readonly Letter[];
  /** JSON of the accepted result; null removes an earlier one. */
  readonly result?: string | null;
  readonly progress?: TaskProgress | null;
  /** New entries of the log of progress, each with how many came before it; null removes the log. */
  readonly progressLog?: readonly LoggedProgress[] | null;
  /** Why the agent was chosen, when one was. */
  readonly decision?: KeptDecision;
  /** Of the claim of completion it decides on, if the task has criteria; null removes an earlier one. */
  readonly evidence?: TaskEvidence | null;
  /** JSON of the result that is claimed while others judge it; gone with the state. */
  readonly claim?: string | undefined;
  /** The task that judges the claim: written with it or not at all. */
  readonly judge?: Draft;
  /** What becomes a dead letter because no attempt is left. */
  readonly deadLetter?: DeadTask;
}

/** A task that failed for good, with every attempt at it that is remembered. */
export interface DeadTask {
  readonly reason: 'attempts_exhausted' | 'not_retryable';
  readonly error: TaskError;
  readonly failures: readonly FailedAttempt[];
}

/** What the router writes: a finished draft. */
export type Transition = Draft & { readonly taskId: TaskId };

/** A step that the table of transitions does not have: a defect of the router, never the fault of a message. */
export class IllegalTransitionError extends Error {
  override readonly name = 'IllegalTransitionError';
}

export interface Step {
  readonly atMs: number;
  /** Who made it happen: an agent, a person, or the router itself. */
  readonly actor: string;
  readonly reason: string;
  readonly agentId?: AgentId | undefined;
  readonly error?: TaskError | undefined;
  readonly epoch?: number;
  readonly live?: Partial<TaskLive>;
  /** The accepted result, for whoever follows the feed. */
  readonly resultJson?: string | undefined;
}

export const ROUTER = 'task-router';

/** Begins a decision on a task that exists. */
export const openDraft = (record: TaskRecord): Draft => ({
  before: record,
  record,
  state: record.state,
  steps: [],
  letters: [],
});

/** Begins a decision on a task that does not exist yet. */
export const newDraft = (record: Omit<TaskRecord, 'state' | 'epoch' | 'seq'>): Draft => ({
  before: undefined,
  record: { ...record, state: 'ready', epoch: 0, seq: 0 },
  state: 'none',
  steps: [],
  letters: [],
});

/** Whether anything was decided. */
export const isChanged = (draft: Draft): boolean => draft.letters.length > 0;

/** Takes one step: record, history entry and feed event. Throws IllegalTransitionError for one the table does not have. */
export function move(draft: Draft, to: TaskState, step: Step): Draft {
  const from = draft.state;
  if (!isLegalTransition(from, to)) {
    throw new IllegalTransitionError(`${draft.record.task_id}: ${from} → ${to} is not in the table`);
  }
  return take(draft, to, step);
}

/** Back to an end it had reached before: from any state but an end, whatever the table says. */
export function moveBack(draft: Draft, to: TerminalState, step: Step): Draft {
  const from = draft.state;
  if (from !== 'none' && isTerminal(from)) {
    throw new IllegalTransitionError(`${draft.record.task_id}: ${from} is an end already`);
  }
  return take(draft, to, step);
}

function take(draft: Draft, to: TaskState, step: Step): Draft {
  const from = draft.state;
  const seq = draft.record.seq + 1;
  const epoch = step.epoch ?? draft.record.epoch;
  const live = step.live === undefined ? draft.record.live : { ...draft.record.live, ...step.live };
  const record: TaskRecord = { ...draft.record, state: to, epoch, seq, live };
  const entry: TaskHistoryEntry = {
    seq,
    at_ms: step.atMs,
    from,
    to,
    actor: step.actor,
    epoch,
    reason: step.reason,
    ...(step.agentId === undefined ? {} : { agent_id: step.agentId }),
  };
  return {
    ...draft,
    record,
    state: to,
    steps: [...draft.steps, entry],
    letters: [...draft.letters, changed(record, entry, { error: step.error, resultJson: step.resultJson })],
  };
}

/** Adds a message that goes out with the write. */
export const send = (draft: Draft, ...letters: readonly Letter[]): Draft => ({
  ...draft,
  letters: [...draft.letters, ...letters],
});

/** Notes something of a task that goes on waiting; its watchers are told, but its state stays. */
export function noteWaiting(draft: Draft, atMs: number, reason: string, live: Partial<TaskLive>): Draft {
  const { state, epoch, seq } = draft.record;
  const record: TaskRecord = {
    ...draft.record,
    seq: seq + 1,
    live: { ...draft.record.live, ...live },
  };
  const event = changed(record, { seq: record.seq, at_ms: atMs, from: state, to: state, reason, epoch }, {});
  return { ...draft, record, letters: [...draft.letters, event] };
}

/** Stores progress: the task is changed and its watchers are told, but its state stays. */
export function noteProgress(draft: Draft, progress: TaskProgress, more?: Partial<TaskLive>): Draft {
  const { live: before } = draft.record;
  const count = before.progress_count ?? 0;
  const live = { ...before, ...more, progress_count: count + 1 };
  const record: TaskRecord = { ...draft.record, seq: draft.record.seq + 1, live };
  const event = changed(
    record,
    {
      seq: record.seq,
      at_ms: progress.at_ms,
      from: record.state,
      to: record.state,
      reason: progress.message ?? progress.step ?? 'progress',
      epoch: record.epoch,
      agent_id: record.live.agent_id,
    },
    { progress },
  );
  const logged = { count, entry: logEntry(progress) };
  const progressLog = [...(draft.progressLog ?? []), logged].slice(-PROGRESS_LOG_MAX);
  return { ...draft, record, progress, progressLog, letters: [...draft.letters, event] };
}
