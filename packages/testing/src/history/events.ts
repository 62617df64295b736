// What a recorded history consists of. Every event is one line of JSON; times are Unix ms of one clock.

/** `ok`: it happened. `fail`: it certainly did not happen. `unknown`: it may have happened or not. */
export type Answer = 'ok' | 'fail' | 'unknown';

/** Somebody asked for a task. `key` is what the asker calls it: repeats of one request are one event. */
export interface SubmitEvent {
  readonly kind: 'submit';
  readonly at_ms: number;
  readonly answered_at_ms: number;
  readonly answer: Answer;
  readonly key: string;
  /** Known when it was accepted, or found out later. */
  readonly task_id?: string | undefined;
  readonly dependencies: readonly string[];
  readonly deadline_ms?: number | undefined;
}

/** The platform gave the task to an agent under an epoch. */
export interface AssignEvent {
  readonly kind: 'assign';
  readonly at_ms: number;
  readonly answer: Answer;
  readonly task_id: string;
  readonly agent_id: string;
  readonly epoch: number;
}

/** The platform says that the agent does not hold the task any more. */
export interface ReleaseEvent {
  readonly kind: 'release';
  readonly at_ms: number;
  readonly task_id: string;
  readonly epoch: number;
}

/**
 * What an agent did: began the work, reported on it, gave its result. `run` is new each time it began. The answer says
 * whether the platform took it, `taken_epoch` under which epoch.
 */
export interface AgentEvent {
  readonly kind: 'start' | 'report' | 'result';
  readonly at_ms: number;
  readonly answer: Answer;
  readonly task_id: string;
  readonly agent_id: string;
  readonly epoch: number;
  readonly run: string;
  readonly taken_epoch?: number | undefined;
  /** Of a result: whether the agent did the task, or gave up this attempt. */
  readonly outcome?: 'completed' | 'failed' | undefined;
}

/** Somebody asked to cancel a task. */
export interface CancelEvent {
  readonly kind: 'cancel';
  readonly at_ms: number;
  readonly answered_at_ms: number;
  readonly answer: Answer;
  readonly task_id: string;
}

/** The platform ended the task. Seen twice with the same epoch and time it is the same end. */
export interface EndEvent {
  readonly kind: 'end';
  readonly at_ms: number;
  readonly task_id: string;
  readonly state: 'completed' | 'failed' | 'cancelled' | 'expired';
  readonly epoch: number;
  /** The run whose result it shows. */
  readonly run?: string | undefined;
  /** The broker lost it with its data, before anybody was told: the task ends again. */
  readonly lost?: boolean | undefined;
}

/** A message nobody could handle. */
export interface DeadLetterEvent {
  readonly kind: 'dead-letter';
  readonly at_ms: number;
  readonly stream: string;
  readonly entry_id: string;
  readonly reason: string;
}

export type HistoryEvent =
  | SubmitEvent
  | AssignEvent
  | ReleaseEvent
  | AgentEvent
  | CancelEvent
  | EndEvent
  | DeadLetterEvent;
