import type { AgentId, TaskError, TaskId, TaskSpec, TaskState } from '@nova-torch/protocol';
import type { FoundWishes } from './analysis/analyse.ts';
import type { Hand } from './hands.ts';
import type { Lineage } from './lineage.ts';

/**
 * What changes while a task lives, except the guarded trio (state, epoch, seq). Kept as one JSON field of the record:
 * one write per transition. Times are Unix milliseconds of the broker's clock.
 */
export interface TaskLive {
  /** Attempts begun since the submission or the last retry by a person. */
  readonly attempt: number;
  /** How often an agent gave the task back unstarted; bounded, because it costs no attempt. */
  readonly returns: number;
  /** The task expires then: time to live or deadline, whichever is first. */
  readonly expires_at_ms: number;
  /** First readiness; stays on retry, so that a retried task keeps its turn. */
  readonly ready_at_ms?: number | undefined;
  /** While scheduled: its run_at, or the end of the delay before the next attempt. */
  readonly retry_at_ms?: number | undefined;
  /** Holder while held; who did it last once ended. */
  readonly agent_id?: AgentId | undefined;
  readonly lease?: string | undefined;
  readonly lease_until_ms?: number | undefined;
  readonly assigned_at_ms?: number | undefined;
  /** The traceparent of its last assignment, kept for the link from the next; only of a task whose trace is sampled. */
  readonly assignment_span?: string | undefined;
  /** Assigned but not started by then: it goes to another agent. */
  readonly start_by_ms?: number | undefined;
  /** Running and not reported by then: the attempt timed out. */
  readonly run_until_ms?: number | undefined;
  /** Running and without a report of progress until then: the attempt failed. Only with a `progress_timeout`. */
  readonly progress_by_ms?: number | undefined;
  /** Progress reports since the submission or the last retry by a person: where the next stands in the log. */
  readonly progress_count?: number | undefined;
  readonly started_at_ms?: number | undefined;
  readonly ended_at_ms?: number | undefined;
  /** Whose attempt failed last; another agent is preferred for the next. */
  readonly failed_agent_id?: AgentId | undefined;
  readonly error?: TaskError | undefined;
  /** Failed attempts since the submission or the last retry by a person, the last ones, oldest first. */
  readonly failures?: readonly FailedAttempt[] | undefined;
  /** While verifying: the task whose end says what becomes of the claim. */
  readonly judged_by?: TaskId | undefined;
  /** When its agent had done the work, if others judge it. */
  readonly claimed_at_ms?: number | undefined;
  /** It judges the claim that was made of this task under this epoch. */
  readonly judges?: Judges | undefined;
  /** What it waits for besides its dependencies: that every task of its workflow is written. */
  readonly held_for?: string | undefined;
  /** Awaited dependencies that ended while it was blocked: they may be forgotten before it goes on. */
  readonly awaited_ended?: readonly TaskId[] | undefined;
  /** What its text asks for, when it names neither role nor skills itself. */
  readonly found?: FoundWishes | undefined;
  /** The last thing a person did to it, if anybody did. */
  readonly hand?: Hand | undefined;
  /** The last cancels and retries that were obeyed, the newest in the end: a repetition is answered, not obeyed again. */
  readonly commands?: readonly string[] | undefined;
  /** The last one, in records of former versions. */
  readonly command?: string | undefined;
}

/** What a task judges of the claim made of another one. */
export interface Judges {
  readonly kind: 'check' | 'review';
  readonly task_id: TaskId;
  readonly epoch: number;
}

/** An attempt that failed. */
export interface FailedAttempt {
  readonly at_ms: number;
  readonly agent_id?: AgentId | undefined;
  readonly duration_ms: number;
  readonly error: TaskError;
}

/** The truth about one task (invariant I2). The result, the progress and the history stay in the store until asked for. */
export interface TaskRecord {
  readonly task_id: TaskId;
  readonly state: TaskState;
  /** Rises with each assignment and each end by command (invariant I5); 0 before. */
  readonly epoch: number;
  /** Counts changes: transitions and progress. Every write is guarded by it, so no two writes start from one state. */
  readonly seq: number;
  readonly spec: TaskSpec;
  readonly submitter: string;
  readonly submitted_at_ms: number;
  /** Its place in its trace: what is recorded of it without a nearer cause stands below. */
  readonly traceparent: string;
  /** Only of a task with a parent. */
  readonly lineage?: Lineage | undefined;
  readonly live: TaskLive;
}

/** Fencing number of a new assignment or command: it also rises over a broker that lost its last seconds. */
export const raisedEpoch = (epoch: number, nowMs: number): number => Math.max(epoch + 1, Math.floor(nowMs));

/** Commands a record remembers: more than can come to a task while one of them is on its way again. */
const COMMANDS_KEPT = 16;

/** Whether a cancel or retry was obeyed before. */
export const wasObeyed = ({ commands = [], command }: TaskLive, id: string): boolean =>
  command === id || commands.includes(id);

/** The commands to remember after one more was obeyed. */
export const rememberedCommands = ({ commands = [] }: TaskLive, id: string): readonly string[] =>
  [...commands, id].slice(-COMMANDS_KEPT);

/** Attempts a task may begin. */
export const attemptsMax = (spec: TaskSpec): number => spec.max_retries + 1;

/** The earliest time a task may be given to an agent, Unix milliseconds; 0 when it may at once. */
export const runAtMsOf = ({ run_at: runAt }: TaskSpec): number =>
  runAt === undefined ? 0 : Date.parse(runAt);
