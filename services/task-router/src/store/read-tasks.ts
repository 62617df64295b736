import {
  type TaskDecision,
  type TaskEvidence,
  type TaskHistoryEntry,
  type TaskId,
  type TaskProgress,
  TaskState,
} from '@nova-torch/protocol';
import { asHash, asList, asString, asStrings, type Broker, type Reply } from '@nova-torch/streams';
import { readDecision } from '../domain/decision.ts';
import type { KeptClaim } from '../domain/judging.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import type { RouterKeys } from './keys.ts';
import {
  CLAIM_FIELD,
  DECISION_FIELDS,
  DESCENDANTS_FIELD,
  evidenceFrom,
  historyFrom,
  PROGRESS_LOG_FIELDS,
  progressFrom,
  progressLogFrom,
  RECORD_FIELDS,
  recordFrom,
  VIEW_FIELDS,
} from './record-fields.ts';

/** A record with what only people look at. */
export interface FullTask {
  readonly record: TaskRecord;
  readonly result: unknown;
  readonly progress: TaskProgress | undefined;
  /** Read only where there is progress. */
  readonly progressLog: readonly TaskProgress[] | undefined;
  readonly evidence: TaskEvidence | undefined;
  readonly history: readonly TaskHistoryEntry[] | undefined;
}

const nullable = (reply: Reply): (string | null)[] =>
  asList(reply).map((value) => (value === null || value === undefined ? null : asString(value)));

/** Reads of tasks; any replica may make them. */
export class TaskReader {
  readonly #broker: Broker;
  readonly #keys: RouterKeys;

  constructor(broker: Broker, keys: RouterKeys) {
    this.#broker = broker;
    this.#keys = keys;
  }

  /** Records by id, those that exist. One round trip. */
  async records(taskIds: readonly TaskId[]): Promise<Map<TaskId, TaskRecord>> {
    const found = new Map<TaskId, TaskRecord>();
    if (taskIds.length === 0) return found;
    const replies = await this.#broker.batch(
      taskIds.map((taskId) => ['HMGET', this.#keys.task(taskId), ...RECORD_FIELDS] as const),
    );
    for (const [i, taskId] of taskIds.entries()) {
      const record = recordFrom(taskId, nullable(replies[i]));
      if (record !== undefined) found.set(taskId, record);
    }
    return found;
  }

  async record(taskId: TaskId): Promise<TaskRecord | undefined> {
    return (await this.records([taskId])).get(taskId);
  }

  /** One task as people see it; with its history if asked. */
  async full(taskId: TaskId, history: boolean): Promise<FullTask | undefined> {
    const key = this.#keys.task(taskId);
    const fields = history ? asHash(await this.#broker.call('HGETALL', key)) : undefined;
    const values = history
      ? VIEW_FIELDS.map((name) => fields?.[name] ?? null)
      : nullable(await this.#broker.call('HMGET', key, ...VIEW_FIELDS));
    const record = recordFrom(taskId, values);
    if (record === undefined) return undefined;
    const [result, progress, evidence] = values.slice(RECORD_FIELDS.length);
    const count = record.live.progress_count;
    return {
      record,
      result: result ? (JSON.parse(result) as unknown) : undefined,
      progress: progressFrom(progress),
      progressLog: count === undefined ? undefined : await this.#progressLog(key, count, fields),
      evidence: evidenceFrom(evidence),
      history: fields === undefined ? undefined : historyFrom(fields),
    };
  }

  /** What is kept of the claim of a task that is being judged. */
  async claim(taskId: TaskId): Promise<KeptClaim> {
    const key = this.#keys.task(taskId);
    const [result, evidence] = nullable(await this.#broker.call('HMGET', key, CLAIM_FIELD, 'evidence'));
    return { resultJson: result ?? undefined, evidence: evidenceFrom(evidence) };
  }

  async #progressLog(
    key: string,
    count: number,
    fields: Readonly<Record<string, string>> | undefined,
  ): Promise<TaskProgress[]> {
    const values = fields
      ? PROGRESS_LOG_FIELDS.map((name) => fields[name])
      : nullable(await this.#broker.call('HMGET', key, ...PROGRESS_LOG_FIELDS));
    return progressLogFrom(values, count);
  }

  /** The last decisions on who gets a task, newest first. */
  async decisions(taskId: TaskId): Promise<TaskDecision[]> {
    const kept = nullable(await this.#broker.call('HMGET', this.#keys.task(taskId), ...DECISION_FIELDS));
    return kept
      .flatMap((json) => (json === null ? [] : (readDecision(json) ?? [])))
      .sort((a, b) => b.epoch - a.epoch);
  }

  /** States by id, of those that exist. */
  async states(taskIds: readonly TaskId[]): Promise<Map<TaskId, TaskState>> {
    const states = new Map<TaskId, TaskState>();
    if (taskIds.length === 0) return states;
    const replies = await this.#broker.batch(
      taskIds.map((taskId) => ['HGET', this.#keys.task(taskId), 'state'] as const),
    );
    for (const [i, taskId] of taskIds.entries()) {
      const state = TaskState.safeParse(replies[i]);
      if (state.success) states.set(taskId, state.data);
    }
    return states;
  }

  /** How many tasks stand below each, of those that have any. */
  async descendants(taskIds: readonly TaskId[]): Promise<Map<TaskId, number>> {
    const counts = new Map<TaskId, number>();
    if (taskIds.length === 0) return counts;
    const replies = await this.#broker.batch(
      taskIds.map((taskId) => ['HGET', this.#keys.task(taskId), DESCENDANTS_FIELD] as const),
    );
    for (const [i, taskId] of taskIds.entries()) counts.set(taskId, Number(replies[i] ?? 0));
    return counts;
  }

  /** Results by id as JSON, of those that have one. */
  async results(taskIds: readonly TaskId[]): Promise<Map<TaskId, string>> {
    const results = new Map<TaskId, string>();
    if (taskIds.length === 0) return results;
    const replies = await this.#broker.batch(
      taskIds.map((taskId) => ['HGET', this.#keys.task(taskId), 'result'] as const),
    );
    for (const [i, taskId] of taskIds.entries()) {
      const json = asString(replies[i]);
      if (json !== '') results.set(taskId, json);
    }
    return results;
  }

  /** At most `count` ids older than `olderThan` (all when absent), newest first. */
  async idsBefore(olderThan: string | undefined, count: number): Promise<TaskId[]> {
    const max = olderThan === undefined ? '+' : `(${olderThan}`;
    const reply = await this.#broker.call('ZREVRANGEBYLEX', this.#keys.index, max, '-', 'LIMIT', 0, count);
    return asStrings(reply) as TaskId[];
  }
}
