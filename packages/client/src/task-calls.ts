import {
  ANALYSIS_ANSWER_MS,
  type TaskAnalysis,
  type TaskExplanation,
  type TaskHistoryEntry,
  type TaskSpecInput,
  type TaskState,
  type TaskSummary,
  type TaskView,
} from '@nova-torch/protocol';
import { type CallOptions, type IdempotentCallOptions, keyHeader } from './calls.ts';
import { ClientCalls } from './client-calls.ts';
import type { components } from './generated/api.ts';

type Schemas = components['schemas'];
export type AcceptedTask = Schemas['AcceptedTask'];
export type BatchResult = Schemas['BatchResult'];

export interface TaskFilters {
  status?: string | undefined;
  role?: string | undefined;
  /** `name=value`, or `name`. */
  label?: string | undefined;
}

export interface WaitForTaskOptions extends CallOptions {
  /** Seconds to wait at most; without it until the end. */
  timeoutS?: number | undefined;
}

type Waited = { done: boolean; version: string; task: TaskView };

/** One wait of the gateway takes no longer, in seconds: connections that are silent for minutes get cut. */
const WAIT_SLICE_S = 50;
const PAGE = 200;
/** A wait outlasts a gateway that restarts: it is tried as often as its deadline allows. */
const WAIT_ATTEMPTS_MAX = 100;

/** The calls about tasks. */
export class TaskCalls extends ClientCalls {
  /** Submits a task. Safe to repeat: the same idempotency key is the same task. */
  submitTask(spec: TaskSpecInput, options: IdempotentCallOptions = {}): Promise<AcceptedTask> {
    const params = { header: keyHeader(options) };
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/tasks', { ...init, params, body: spec as Schemas['TaskSpecInput'] }),
    );
  }

  /** Submits up to 1,000 tasks at once; each has a result of its own, in order. */
  submitTasks(tasks: readonly TaskSpecInput[], options: IdempotentCallOptions = {}): Promise<BatchResult> {
    const params = { header: keyHeader(options) };
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/tasks/batch', {
        ...init,
        params,
        body: { tasks: tasks as Schemas['TaskSpecInput'][] },
      }),
    );
  }

  /** What can be read out of a task: skills, role, complexity, duration, team. Nothing is submitted. */
  async analyzeTask(spec: TaskSpecInput, options: CallOptions = {}): Promise<TaskAnalysis> {
    // A model may be asked.
    const waitMs = ANALYSIS_ANSWER_MS;
    const analysis = await this.calls.run({ ...options, safe: true, waitMs }, (init) =>
      this.calls.api.POST('/v1/tasks/analyze', { ...init, body: spec as Schemas['TaskSpecInput'] }),
    );
    return analysis as TaskAnalysis;
  }

  async getTask(taskId: string, options: CallOptions = {}): Promise<TaskView> {
    const params = { path: { task_id: taskId } };
    const task = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.GET('/v1/tasks/{task_id}', { ...init, params }),
    );
    return task as TaskView;
  }

  /** Every transition of a task, oldest first. */
  async getTaskHistory(taskId: string, options: CallOptions = {}): Promise<TaskHistoryEntry[]> {
    const params = { path: { task_id: taskId } };
    const { history } = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.GET('/v1/tasks/{task_id}/history', { ...init, params }),
    );
    return history as TaskHistoryEntry[];
  }

  /** Why its agents were chosen, and why it waits if it does. */
  async explainTask(taskId: string, options: CallOptions = {}): Promise<TaskExplanation> {
    const params = { path: { task_id: taskId } };
    const explanation = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.GET('/v1/tasks/{task_id}/explain', { ...init, params }),
    );
    return explanation as TaskExplanation;
  }

  /** The task at its end, or as it is after `timeoutS`. */
  async waitForTask(taskId: string, options: WaitForTaskOptions = {}): Promise<TaskView> {
    const endsAt = performance.now() + (options.timeoutS ?? Number.POSITIVE_INFINITY) * 1000;
    for (;;) {
      const timeoutS = Math.max(0, Math.min(WAIT_SLICE_S, (endsAt - performance.now()) / 1000));
      const { done, task } = await this.#wait(taskId, { ...options, timeoutS });
      if (done || performance.now() >= endsAt) return task;
    }
  }

  /** The task now and after each change the gateway saw, its end as the last. */
  async *followTask(taskId: string, options: CallOptions = {}): AsyncGenerator<TaskView, void, void> {
    let after: string | undefined = 'none';
    for (;;) {
      const { done, task, version } = await this.#wait(taskId, { ...options, timeoutS: WAIT_SLICE_S, after });
      if (done || version !== after) yield task;
      if (done) return;
      after = version;
    }
  }

  /** Ends a task that has not ended. */
  async cancelTask(
    taskId: string,
    options: CallOptions & { reason?: string | undefined } = {},
  ): Promise<TaskView> {
    const { reason } = options;
    const params = { path: { task_id: taskId } };
    const body = reason === undefined ? {} : { reason };
    const task = await this.calls.run({ ...options, safe: false }, (init) =>
      this.calls.api.POST('/v1/tasks/{task_id}/cancel', { ...init, params, body }),
    );
    return task as TaskView;
  }

  /** Tries a task again that ended without completing. */
  async retryTask(taskId: string, options: CallOptions = {}): Promise<TaskView> {
    const params = { path: { task_id: taskId } };
    const task = await this.calls.run({ ...options, safe: false }, (init) =>
      this.calls.api.POST('/v1/tasks/{task_id}/retry', { ...init, params }),
    );
    return task as TaskView;
  }

  /** Tasks, newest first; pages are asked for as they are needed. */
  async *listTasks(
    filters: TaskFilters = {},
    options: CallOptions = {},
  ): AsyncGenerator<TaskSummary, void, void> {
    const { status, ...rest } = filters;
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    const state = status === undefined ? {} : { status: status as TaskState };
    let cursor: string | undefined;
    do {
      const query = { ...given, ...state, limit: PAGE, ...(cursor !== undefined && { cursor }) };
      const page = await this.calls.run({ ...options, safe: true }, (init) =>
        this.calls.api.GET('/v1/tasks', { ...init, params: { query } }),
      );
      yield* page.tasks as TaskSummary[];
      cursor = page.next_cursor;
    } while (cursor !== undefined);
  }

  async #wait(
    taskId: string,
    options: CallOptions & { timeoutS: number; after?: string | undefined },
  ): Promise<Waited> {
    const { timeoutS, after } = options;
    const query = { timeout_s: timeoutS, ...(after !== undefined && { after }) };
    const kind = { ...options, safe: true, waitMs: timeoutS * 1000, attemptsMax: WAIT_ATTEMPTS_MAX };
    const waited = await this.calls.run(kind, (init) =>
      this.calls.api.GET('/v1/tasks/{task_id}/wait', {
        ...init,
        params: { path: { task_id: taskId }, query },
      }),
    );
    return waited as Waited;
  }
}
