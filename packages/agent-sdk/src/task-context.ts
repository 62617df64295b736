import type { AgentAddress, AgentId, MessageRecord, TaskError, TaskId, TaskSpec } from '@nova-torch/protocol';
import type { Span, SpanOptions } from '@nova-torch/tracing';
import type { ProgressUpdate } from './domain/reports.ts';
import type { AgentLogger } from './logger.ts';
import type { CommandAccess } from './transport/agent-transport.ts';

/** What is to be done: the submitter's specification and the task's id. */
export type AssignedTask = TaskSpec & { readonly task_id: TaskId };

/** What a handler has at hand while it works on one task. */
export interface TaskContext {
  readonly agentId: AgentId;
  /** Number of the assignment: a newer one has a higher epoch. */
  readonly epoch: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Why the attempt before this one failed, such as what its reviewer asks for; undefined for the first. */
  readonly lastError: TaskError | undefined;
  /** Results of the tasks this one depends on, by task id. */
  readonly dependencyResults: Readonly<Record<string, unknown>>;
  /** W3C trace context of this run of the task, to hand on. */
  readonly traceparent: string | undefined;
  /**
   * Aborted with a TaskAbortedError when the work is to end at once: the task was stopped or given to another agent,
   * its time is over, the agent drained too long, or the platform took the agent for dead.
   */
  readonly signal: AbortSignal;
  /** Adds task_id, epoch and agent_id to each line. */
  readonly logger: AgentLogger;
  /** How a program that does the work reaches the platform itself. */
  readonly access: CommandAccess;
  /**
   * Does a part of the work in a span of its own below that of the run. An error marks the span and is thrown on; `end` may be
   * called before, to mark it as failed without one.
   */
  inSpan<R>(name: string, work: (span: Span) => Promise<R> | R, options?: SpanOptions): Promise<R>;
  /** Says how far the task is. Cheap: at most five a second are sent, the newest wins. Ignored once the task has ended. */
  progress(update: ProgressUpdate): void;
  /**
   * Sends a message to `agent-…`, `role:…`, `skill:…`, `label:name=value`, `team:…` or `broadcast`; resolves with its receipts when it is queued for its
   * recipients. Rejects with a NovaError (NO_RECIPIENT, PAYLOAD_TOO_LARGE, …), or after 10 s without an answer.
   */
  sendMessage(to: AgentAddress, body: unknown): Promise<MessageRecord>;
}

/** Does a task; what it resolves with is the task's result (JSON, at most 64 KiB). May be called again for a repeat. */
export type TaskHandler = (task: AssignedTask, context: TaskContext) => Promise<unknown> | unknown;

/** A message another agent or a person sent to this one. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly from: string;
  readonly to: AgentAddress;
  readonly body: unknown;
}

/** Takes a message; it counts as delivered when this has resolved. Called one at a time, in order. */
export type MessageHandler = (message: ReceivedMessage) => Promise<void> | void;
