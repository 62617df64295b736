import {
  briefSpec,
  DECISIONS_KEPT,
  TASK_STATES,
  type TaskEvidence,
  type TaskHistoryEntry,
  type TaskId,
  type TaskProgress,
  TaskState,
  wholeSpec,
} from '@nova-torch/protocol';
import type { Arg } from '@nova-torch/streams';
import type { Draft } from '../domain/draft.ts';
import type { Lineage } from '../domain/lineage.ts';
import { PROGRESS_LOG_MAX } from '../domain/progress-log.ts';
import type { TaskLive, TaskRecord } from '../domain/task-record.ts';

/** Fields of a record that a decision needs, in the order `recordFrom` takes their values. */
export const RECORD_FIELDS = ['state', 'epoch', 'seq', 'spec', 'origin', 'live'] as const;
/** What people see besides. */
export const VIEW_FIELDS = [...RECORD_FIELDS, 'result', 'progress', 'evidence'] as const;
/** The result that is claimed while others judge it. */
export const CLAIM_FIELD = 'claim';
/** How many tasks stand below this one; counted by them, only on a task without a parent. */
export const DESCENDANTS_FIELD = 'descendants';
/** Places of the log of progress, used in turns. */
export const PROGRESS_LOG_FIELDS = Array.from({ length: PROGRESS_LOG_MAX }, (_, place) => `p${place}`);
/** The last decisions; the attempt of each says its place. */
export const DECISION_FIELDS = Array.from({ length: DECISIONS_KEPT }, (_, place) => `d${place}`);
const HISTORY_FIELD = /^h\d+$/;

/** Written once. */
interface Origin {
  readonly submitter: string;
  readonly submitted_at_ms: number;
  readonly traceparent: string;
  readonly lineage?: Lineage | undefined;
}

const states: ReadonlySet<string> = new Set(TASK_STATES);

/**
 * A record from the values of RECORD_FIELDS; undefined when there is none. Throws SyntaxError for a damaged one: only
 * this service writes records, so their JSON is not validated again.
 */
export function recordFrom(taskId: TaskId, values: readonly (string | null)[]): TaskRecord | undefined {
  const [state, epoch, seq, spec, origin, live] = values;
  if (!state || !spec || !origin || !live || !states.has(state)) return undefined;
  return {
    task_id: taskId,
    state: TaskState.parse(state),
    epoch: Number(epoch),
    seq: Number(seq),
    spec: wholeSpec(JSON.parse(spec)),
    ...(JSON.parse(origin) as Origin),
    live: JSON.parse(live) as TaskLive,
  };
}

/** Fields and values that a draft writes, flat, as HSET takes them. */
export function fieldsOf(draft: Draft, op: string): Arg[] {
  const { record } = draft;
  const fields: Arg[] = [
    ...['state', record.state, 'epoch', record.epoch, 'seq', record.seq, 'op', op],
    ...['live', JSON.stringify(record.live)],
  ];
  if (draft.before === undefined) fields.push('spec', JSON.stringify(briefSpec(record.spec)));
  if (draft.before?.traceparent !== record.traceparent) {
    const { submitter, submitted_at_ms, traceparent, lineage } = record;
    const origin: Origin = { submitter, submitted_at_ms, traceparent, lineage };
    fields.push('origin', JSON.stringify(origin));
  }
  // One field for all steps of a write, named after the first.
  const [first] = draft.steps;
  if (first !== undefined) fields.push(`h${first.seq}`, JSON.stringify(draft.steps));
  if (typeof draft.result === 'string') fields.push('result', draft.result);
  if (draft.claim !== undefined) fields.push(CLAIM_FIELD, draft.claim);
  if (draft.progress) fields.push('progress', JSON.stringify(draft.progress));
  for (const { count, entry } of draft.progressLog ?? [])
    fields.push(`p${count % PROGRESS_LOG_MAX}`, JSON.stringify(entry));
  if (draft.decision !== undefined) fields.push(`d${draft.decision.place}`, draft.decision.json);
  if (draft.evidence) fields.push('evidence', JSON.stringify(draft.evidence));
  return fields;
}

/** Fields that a draft removes. */
export function removedFieldsOf(draft: Draft): string[] {
  const removed: string[] = [];
  if (draft.before === undefined) return removed;
  if (draft.result === null) removed.push('result');
  if (draft.progress === null) removed.push('progress');
  if (draft.progressLog === null) removed.push(...PROGRESS_LOG_FIELDS);
  if (draft.evidence === null) removed.push('evidence');
  if (draft.before.state === 'verifying' && draft.state !== 'verifying') removed.push(CLAIM_FIELD);
  return removed;
}

/** The history of a record read whole, oldest first. */
export function historyFrom(fields: Readonly<Record<string, string>>): TaskHistoryEntry[] {
  return Object.entries(fields)
    .filter(([name]) => HISTORY_FIELD.test(name))
    .flatMap(([, json]) => JSON.parse(json) as TaskHistoryEntry | TaskHistoryEntry[])
    .sort((a, b) => a.seq - b.seq);
}

export const evidenceFrom = (json: string | null | undefined): TaskEvidence | undefined =>
  json ? (JSON.parse(json) as TaskEvidence) : undefined;

export const progressFrom = (json: string | null | undefined): TaskProgress | undefined =>
  json ? (JSON.parse(json) as TaskProgress) : undefined;

/** The log of progress from the values of its places, oldest first; `count` is how many reports there were. */
export function progressLogFrom(
  values: readonly (string | null | undefined)[],
  count: number,
): TaskProgress[] {
  return values.flatMap((_, i) => progressFrom(values[(count + i) % PROGRESS_LOG_MAX]) ?? []);
}
