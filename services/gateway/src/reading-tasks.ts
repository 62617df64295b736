// Reading tasks from the task-router, and waiting for them without polling.
//
// A task is known to the router a moment after its submission was accepted. An id carries its time, so a young unknown
// one is waited for, on the feed, instead of being called unknown.
import { setTimeout as pause } from 'node:timers/promises';
import {
  errorRow,
  isTerminal,
  NovaError,
  TaskGetV1,
  type TaskId,
  TaskStateV1,
  type TaskView,
} from '@nova-torch/protocol';
import { currentTraceparent, isSampled, streamAttributes, streamName } from '@nova-torch/service-kit';
import { BrokerTimeoutError, BrokerUnavailableError } from '@nova-torch/streams';
import type { GatewayDeps } from './deps.ts';
import { mayBeOnItsWay, ON_ITS_WAY_MS } from './domain/task-age.ts';
import type { Watch } from './waiting/task-watch.ts';

type ReadDeps = Pick<
  GatewayDeps,
  'asking' | 'streams' | 'watch' | 'broker' | 'metrics' | 'journal' | 'tracing'
>;
type TaskState = TaskStateV1['payload'];

/** How long a read waits for a task that was just submitted. */
const ARRIVAL_WAIT_MS = 2_000;
/** Pause before a question is asked again. */
const ASK_AGAIN_MS = 50;

/** One task as the router has it now. Throws TASK_UNKNOWN, NO_ANSWER or the broker's error. */
export async function readTask(
  deps: ReadDeps,
  taskId: TaskId,
  options: { history: boolean } = { history: false },
): Promise<TaskState> {
  const known = await askTask(deps, taskId, options);
  if (!(known instanceof NovaError)) return known;
  if (!mayBeOnItsWay(taskId, deps.broker.serverNowMs())) throw known;
  const watch = deps.watch.open(taskId);
  try {
    // Asked again after the watch is open: it may have arrived between.
    let state = await askTask(deps, taskId, options);
    if (state instanceof NovaError) {
      await watch.next({ timeoutMs: ARRIVAL_WAIT_MS });
      state = await askTask(deps, taskId, options);
    }
    if (state instanceof NovaError) throw state;
    return state;
  } finally {
    watch.close();
  }
}

/** What became of a task, or what it is after the wait. */
export interface Waited {
  done: boolean;
  /** Names this state of the task, for `after` of the next wait. */
  version: string;
  task: TaskView;
}

export interface WaitOptions {
  timeoutMs: number;
  /** A version: the wait ends as soon as the task is another than it was then, not only at its end. */
  after: string | undefined;
  /** Aborted when nobody wants the answer any more. */
  signal: AbortSignal;
}

/**
 * Waits for the end of a task, or for a change after a version: opens the watch, asks the router, then sleeps until the
 * feed tells. Answers with the present state after `timeoutMs` and when the gateway stops. Throws TASK_UNKNOWN,
 * OVERLOADED, NO_ANSWER or the broker's error.
 */
export async function waitForTask(deps: ReadDeps, taskId: TaskId, options: WaitOptions): Promise<Waited> {
  const deadline = performance.now() + options.timeoutMs;
  const watch = openWatch(deps, taskId);
  const onAbort = (): void => watch.close();
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await untilWanted(deps, taskId, { watch, deadline, after: options.after });
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    watch.close();
  }
}

async function untilWanted(
  deps: ReadDeps,
  taskId: TaskId,
  { watch, deadline, after }: { watch: Watch; deadline: number; after: string | undefined },
): Promise<Waited> {
  let state = await askTask(deps, taskId);
  let last = false;
  let hasWaited = false;
  let wokenMs = Date.now();
  for (;;) {
    const known = state instanceof NovaError ? undefined : answerOf(state.task);
    if (known !== undefined) {
      if (known.done) {
        if (hasWaited) observeWakeUp(deps, known.task);
        traceWakeUp(deps, known.task, { watch, wokenMs });
      }
      if (known.done || last || (after !== undefined && known.version !== after)) return known;
    } else if (last || !mayBeOnItsWay(taskId, deps.broker.serverNowMs())) throw state;
    const remainingMs = deadline - performance.now();
    const wakeup = await watch.next({
      timeoutMs: known === undefined ? Math.min(remainingMs, ON_ITS_WAY_MS) : remainingMs,
      ...(known !== undefined && after === undefined && { only: 'end' as const }),
    });
    hasWaited = true;
    wokenMs = Date.now();
    if (wakeup === 'stopping' && known !== undefined) return known;
    last = wakeup === 'stopping' || performance.now() >= deadline;
    state = await askPatiently(deps, taskId, deadline);
  }
}

/** A router or broker that is away while the answer is waited for may be back before the deadline. */
async function askPatiently(
  deps: ReadDeps,
  taskId: TaskId,
  deadline: number,
): Promise<TaskState | NovaError> {
  for (;;) {
    try {
      return await askTask(deps, taskId);
    } catch (error) {
      if (!isPassing(error) || performance.now() >= deadline) throw error;
      await pause(ASK_AGAIN_MS);
    }
  }
}

/** Errors that may be over before the deadline. Some come at once: when too many ask already. */
const isPassing = (error: unknown): boolean =>
  error instanceof BrokerTimeoutError ||
  error instanceof BrokerUnavailableError ||
  (error instanceof NovaError && errorRow(error.code).status === 503);

function answerOf(task: TaskView): Waited {
  const { status, epoch, attempt, progress } = task;
  const version = [status, epoch, attempt, progress?.at_ms ?? 0].join('.');
  return { done: isTerminal(status), version, task };
}

function observeWakeUp({ metrics, broker }: ReadDeps, task: TaskView): void {
  const sinceEndMs = broker.serverNowMs() - (task.ended_at_ms ?? 0);
  // A task whose record says an older end came back from a journal while it was waited for.
  if (sinceEndMs < 60_000) metrics.wakeUp.observe(Math.max(0, sinceEndMs) / 1000);
}

/** The last hop of a task's trace: whoever waited hears of the end. Linked to the request that waited, a trace of its own. */
function traceWakeUp(
  { tracing, streams }: ReadDeps,
  task: TaskView,
  { watch, wokenMs }: { watch: Watch; wokenMs: number },
): void {
  const parent = watch.endTraceparent;
  const waiting = currentTraceparent();
  if (parent === undefined || !isSampled(parent)) return;
  const name = `process ${streamName(streams.tasksActive)}`;
  tracing.recordPast([
    {
      ...{ name, parent, kind: 'consumer', startMs: wokenMs, endMs: Date.now() },
      ...(waiting !== undefined && { links: [waiting] }),
      attributes: {
        ...streamAttributes('process', streams.tasksActive),
        'nova_torch.task_id': task.task_id,
        'nova_torch.task.state': task.status,
      },
    },
  ]);
}

function openWatch({ watch, metrics }: ReadDeps, taskId: TaskId): Watch {
  try {
    return watch.open(taskId);
  } catch (error) {
    metrics.refused.inc({ limit: 'waits' });
    throw error;
  }
}

/** The task, or the error that says the router does not know it; throws any other error. */
async function askTask(
  { asking, streams, journal }: ReadDeps,
  taskId: TaskId,
  { history }: { history: boolean } = { history: false },
): Promise<TaskState | NovaError> {
  try {
    const state = await asking.ask({
      stream: streams.tasksQueries,
      target: 'task-router',
      definition: TaskGetV1,
      payload: { task_id: taskId, history },
      answer: TaskStateV1,
    });
    await journal.beforeShown([state.task]);
    return state;
  } catch (error) {
    if (error instanceof NovaError && error.code === 'TASK_UNKNOWN') return error;
    throw error;
  }
}
