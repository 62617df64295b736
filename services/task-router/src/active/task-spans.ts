// What the traces of tasks show of the router's decisions.
//
// R1  A task that is not sampled costs one look at its traceparent.
// R2  A task that is not sampled and fails becomes sampled: what it went through is recorded from its history, and what
//     comes after it, such as the next attempt, is traced like any other.
import type { AgentId } from '@nova-torch/protocol';
import {
  isSampled,
  type Logger,
  newPlace,
  type PastSpan,
  type Span,
  type SpanAttributes,
  sampledTraceparent,
  type Tracing,
} from '@nova-torch/service-kit';
import type { Draft } from '../domain/draft.ts';
import { failureOf, lastAttempt, type PastStay, staysOf } from '../domain/past-stays.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import { isApplied, type Verdict } from '../store/apply-transitions.ts';
import type { RouterKeys } from '../store/keys.ts';
import type { TaskReader } from '../store/read-tasks.ts';
import type { Entry } from './ledger.ts';

export interface TaskSpansOptions {
  readonly tracing: Tracing;
  readonly tasks: TaskReader;
  readonly keys: RouterKeys;
  readonly logger: Logger;
}

/** Decisions as they are to be written, in the same order, and what to do when that is done. */
export interface TracedWrite {
  readonly entries: readonly Entry[];
  /** No verdict: nothing is known of the write. */
  end(verdicts: readonly Verdict[]): void;
}

type AfterWrite = (verdict: Verdict | undefined) => void;

export class TaskSpans {
  readonly #options: TaskSpansOptions;

  constructor(options: TaskSpansOptions) {
    this.#options = options;
  }

  /** Opens the spans of a write. Without an exporter the entries are returned as they are. */
  begin(entries: readonly Entry[]): TracedWrite {
    if (!this.#options.tracing.exporting) return { entries, end: () => undefined };
    const after = new Map<number, AfterWrite>();
    const traced = entries.map((entry, i) => this.#trace(entry, (act) => after.set(i, act)));
    return {
      entries: traced,
      end(verdicts) {
        for (const [i, act] of after) act(verdicts[i]);
      },
    };
  }

  #trace(entry: Entry, onWritten: (act: AfterWrite) => void): Entry {
    if (entry.isRestored) return entry;
    const placed = entry.draft.before === undefined ? inItsPlace(entry) : ofItsTrace(entry);
    const { record } = placed.draft;
    if (!isSampled(record.traceparent)) return this.#raise(placed, onWritten);
    if (placed.agent !== undefined) return this.#send(placed, placed.agent.id, onWritten);
    if (placed.traceparent === undefined) this.#noteLoss(placed, onWritten);
    return placed;
  }

  /** R2. */
  #raise(entry: Entry, onWritten: (act: AfterWrite) => void): Entry {
    const { tracing } = this.#options;
    const error = failureOf(entry.draft);
    if (error === undefined || !tracing.mayRecordFailure()) return entry;
    const { record } = entry.draft;
    const traceparent = sampledTraceparent(record.traceparent);
    const attempt = newPlace(traceparent);
    onWritten((verdict) => {
      if (isApplied(verdict)) void this.#recordPast({ ...record, traceparent }, { attempt, error });
    });
    const live = { ...record.live, assignment_span: attempt };
    return { ...withRecord(entry, { ...record, traceparent, live }), traceparent };
  }

  /** The span that gives the task to its agent: parent of all the agent does, linked to the attempt before. */
  #send(entry: Entry, agentId: AgentId, onWritten: (act: AfterWrite) => void): Entry {
    const { tracing, keys } = this.#options;
    const { record } = entry.draft;
    const { live } = record;
    const former = live.assignment_span;
    const span = tracing.startSendSpan(keys.inbox(agentId), {
      traceparent: entry.traceparent ?? record.traceparent,
      ...(former !== undefined && { links: [former] }),
      attributes: {
        ...attributesOf(record),
        'nova_torch.waited_ms': Math.max(
          0,
          (live.assigned_at_ms ?? 0) - (live.ready_at_ms ?? record.submitted_at_ms),
        ),
      },
    });
    onWritten((verdict) => span.end(isApplied(verdict) ? undefined : `not written: ${verdict}`));
    const { traceparent } = span;
    return {
      ...withRecord(entry, { ...record, live: { ...live, assignment_span: traceparent } }),
      traceparent,
    };
  }

  /** An attempt nobody reported the end of: its agent is gone, or its time was over. */
  #noteLoss({ draft }: Entry, onWritten: (act: AfterWrite) => void): void {
    const error = failureOf(draft);
    const times = lastAttempt(draft.record);
    if (error === undefined || times === undefined) return;
    const { record } = draft;
    const parent = record.live.assignment_span ?? record.traceparent;
    onWritten((verdict) => {
      if (!isApplied(verdict)) return;
      this.#options.tracing.recordPast([
        { name: 'lose attempt', parent, ...times, error, attributes: attributesOf(record) },
      ]);
    });
  }

  async #recordPast(record: TaskRecord, failure: { attempt: string; error: string }): Promise<void> {
    const { tracing, tasks, logger } = this.#options;
    try {
      const full = await tasks.full(record.task_id, true);
      tracing.recordPast(pastTrace(record, staysOf(full?.history ?? []), failure));
    } catch (error) {
      logger.debug(
        { task_id: record.task_id, err: error },
        'the trace of a failed task could not be recorded',
      );
    }
  }
}

/**
 * A task that is not sampled gets a place of its own in the trace of its request, which it shares with the others of a
 * batch: where its own root stands, should it fail. One that is sampled stands below the span that took it.
 */
function inItsPlace(entry: Entry): Entry {
  const { record } = entry.draft;
  const traceparent = isSampled(record.traceparent)
    ? (entry.traceparent ?? record.traceparent)
    : newPlace(record.traceparent);
  return withRecord(entry, { ...record, traceparent });
}

/** What a command does to a task belongs to the task's trace, not to that of the command. */
function ofItsTrace(entry: Entry): Entry {
  const { traceparent, draft } = entry;
  if (traceparent === undefined) return entry;
  const isOwn = isSampled(traceparent) && traceIdOf(traceparent) === traceIdOf(draft.record.traceparent);
  return isOwn ? entry : { ...entry, traceparent: undefined };
}

const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35);

const withRecord = (entry: Entry, record: TaskRecord): Entry => ({
  ...entry,
  draft: { ...entry.draft, record } satisfies Draft,
});

/** The trace of a task that was not traced: its whole time as the root, each stay in a state below it. */
function pastTrace(
  record: TaskRecord,
  stays: readonly PastStay[],
  { attempt, error }: { attempt: string; error: string },
): PastSpan[] {
  const attributes = { ...attributesOf(record), 'nova_torch.retroactive': true };
  const endMs = stays.at(-1)?.endMs ?? record.submitted_at_ms;
  const failed = stays.findLast((stay) => stay.error !== undefined);
  const root: PastSpan = {
    name: 'task',
    traceparent: record.traceparent,
    startMs: Math.min(record.submitted_at_ms, stays[0]?.startMs ?? endMs),
    ...{ endMs, error, attributes },
  };
  const below = stays.map((stay): PastSpan => {
    const { state, startMs, entry } = stay;
    return {
      name: `task ${state}`,
      parent: record.traceparent,
      ...(stay === failed && { traceparent: attempt }),
      ...{ startMs, endMs: stay.endMs, error: stay.error },
      attributes: {
        ...attributes,
        'nova_torch.task.state': state,
        'nova_torch.task.epoch': entry.epoch,
        'nova_torch.agent_id': entry.agent_id,
        'nova_torch.actor': entry.actor,
        'nova_torch.reason': entry.reason,
      },
    };
  });
  return [root, ...below];
}

function attributesOf(record: TaskRecord): SpanAttributes {
  const { task_id, state, epoch, live, spec } = record;
  return {
    'nova_torch.task_id': task_id,
    'nova_torch.task.type': spec.task_type,
    'nova_torch.task.state': state,
    'nova_torch.task.epoch': epoch,
    'nova_torch.task.attempt': live.attempt,
    'nova_torch.agent_id': live.agent_id,
  };
}

/** Spans of those messages of a batch whose trace is sampled. */
export class MessageSpans {
  readonly #spans = new Map<object, Span>();
  readonly #errors = new Map<object, string>();

  constructor(tracing: Tracing, batch: readonly Parameters<Tracing['startMessageSpan']>[0][]) {
    if (!tracing.exporting) return;
    for (const received of batch) {
      const { traceparent } = received.message;
      if (traceparent === undefined || isSampled(traceparent))
        this.#spans.set(received.message, tracing.startMessageSpan(received));
    }
  }

  /** For what is done because of this message; undefined when it is not traced. */
  traceparentOf(message: object | undefined): string | undefined {
    return message === undefined ? undefined : this.#spans.get(message)?.traceparent;
  }

  /** Notes what a task became because of this message. */
  became(message: object, record: TaskRecord): void {
    this.#spans.get(message)?.set(attributesOf(record));
    if (record.state === 'failed') this.#errors.set(message, record.live.error?.message ?? record.state);
  }

  /** Ends the span of each message when the handling of the batch is over, as failed if that is. */
  async during<R>(handling: Promise<R>): Promise<R> {
    try {
      const result = await handling;
      this.#end();
      return result;
    } catch (error) {
      this.#end(error);
      throw error;
    }
  }

  #end(error?: unknown): void {
    for (const [message, span] of this.#spans) span.end(error ?? this.#errors.get(message));
  }
}
