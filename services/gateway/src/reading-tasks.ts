// Reading tasks from the task-router, and waiting for them without polling.
//
// A task is known to the router a moment after its submission was accepted. An id carries its time, so a young unknown
// one is waited for, on the feed, instead of being called unknown.
import {
  isTerminal,
  NovaError,
  TaskGetV1,
  type TaskId,
  TaskStateV1,
  type TaskView,
} from '@nova-torch/protocol';
import type { GatewayDeps } from './deps.ts';
import { mayBeOnItsWay } from './domain/task-age.ts';
import type { Watch } from './waiting/task-watch.ts';

type ReadDeps = Pick<GatewayDeps, 'asking' | 'streams' | 'watch' | 'broker' | 'metrics'>;
type TaskState = TaskStateV1['payload'];

/** How long a read waits for a task that was just submitted. */
const ARRIVAL_WAIT_MS = 2_000;

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
  task: TaskView;
}

/**
 * Waits for the end of a task, `timeoutMs` at most: opens the watch, asks the router, then sleeps until the feed tells.
 * Also ends when the gateway stops or `signal` is aborted. Throws TASK_UNKNOWN, OVERLOADED, NO_ANSWER or the broker's
 * error.
 */
export async function waitForTask(
  deps: ReadDeps,
  taskId: TaskId,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<Waited> {
  const deadline = performance.now() + options.timeoutMs;
  const watch = openWatch(deps, taskId);
  const onAbort = (): void => watch.close();
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await untilEnded(deps, taskId, watch, deadline);
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    watch.close();
  }
}

async function untilEnded(deps: ReadDeps, taskId: TaskId, watch: Watch, deadline: number): Promise<Waited> {
  let state = await askTask(deps, taskId);
  for (;;) {
    const remainingMs = deadline - performance.now();
    if (!(state instanceof NovaError)) {
      if (isTerminal(state.task.status)) return ended(deps, state.task);
      if (remainingMs <= 0) return { done: false, task: state.task };
    } else if (remainingMs <= 0 || !mayBeOnItsWay(taskId, deps.broker.serverNowMs())) throw state;
    const wakeup = await watch.next({
      timeoutMs: remainingMs,
      ...(state instanceof NovaError ? {} : { only: 'end' as const }),
    });
    // The present state is wanted at the deadline too; after a stop the one that is known must do.
    if (wakeup === 'stopping' && !(state instanceof NovaError)) return { done: false, task: state.task };
    if (wakeup === 'stopping' || wakeup === 'deadline') deadline = 0;
    state = await askTask(deps, taskId);
  }
}

function ended({ metrics, broker }: ReadDeps, task: TaskView): Waited {
  const sinceEndMs = broker.serverNowMs() - (task.ended_at_ms ?? 0);
  // Older ends were not waited for.
  if (sinceEndMs < 60_000) metrics.wakeUp.observe(Math.max(0, sinceEndMs) / 1000);
  return { done: true, task };
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
  { asking, streams }: ReadDeps,
  taskId: TaskId,
  { history }: { history: boolean } = { history: false },
): Promise<TaskState | NovaError> {
  try {
    return await asking.ask({
      stream: streams.tasksQueries,
      target: 'task-router',
      definition: TaskGetV1,
      payload: { task_id: taskId, history },
      answer: TaskStateV1,
    });
  } catch (error) {
    if (error instanceof NovaError && error.code === 'TASK_UNKNOWN') return error;
    throw error;
  }
}
