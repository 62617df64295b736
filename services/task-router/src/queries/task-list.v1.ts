import { type Message, type MessageOfType, TaskId, type TaskSummary } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import type { TaskRecord } from '../domain/task-record.ts';
import { summaryOf } from '../domain/view.ts';
import type { QueryDeps } from './query-deps.ts';

type Filter = MessageOfType<'task.list.v1'>['payload'];

/** Records read in one step, and looked at for one page: a page may be short, with a cursor, when few match. */
const STEP = 200;
const LOOKED_MAX = 5_000;

/** A page of tasks, newest first. */
export async function onTaskList(
  delivered: Delivered<MessageOfType<'task.list.v1'>>,
  deps: QueryDeps,
): Promise<Outcome> {
  const { payload } = delivered.message;
  const request: Delivered<Message> = delivered;
  const { cursor, limit } = payload;
  if (cursor !== undefined && !TaskId.safeParse(cursor).success) {
    return ack([
      deps.answers.refused(
        request,
        'CURSOR_INVALID',
        `${cursor} is not a cursor of a list of tasks`,
        'cursor',
      ),
    ]);
  }
  const tasks: TaskSummary[] = [];
  let last = cursor;
  let more = true;
  for (let looked = 0; more && tasks.length < limit && looked < LOOKED_MAX; looked += STEP) {
    const ids = await deps.tasks.idsBefore(last, STEP);
    const records = await deps.tasks.records(ids);
    more = ids.length === STEP;
    for (const taskId of ids) {
      if (tasks.length >= limit) {
        more = true;
        break;
      }
      last = taskId;
      const record = records.get(taskId);
      if (record !== undefined && matches(record, payload)) tasks.push(summaryOf(record));
    }
  }
  const page = more && last !== undefined ? { tasks, next_cursor: last } : { tasks };
  return ack([deps.answers.page(request, page)]);
}

function matches(record: TaskRecord, { status, role, label, reader }: Filter): boolean {
  const { state, spec, submitter, live } = record;
  if (reader !== undefined && submitter !== reader && live.agent_id !== reader) return false;
  if (status !== undefined && state !== status) return false;
  if (role !== undefined && spec.role !== role) return false;
  if (label === undefined) return true;
  const equals = label.indexOf('=');
  if (equals < 0) return Object.hasOwn(spec.labels, label);
  const name = label.slice(0, equals);
  return Object.hasOwn(spec.labels, name) && spec.labels[name] === label.slice(equals + 1);
}
