import { edgesOf, type Message, type MessageOfType, PAGE_MAX, type WorkflowTask } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import type { TaskRecord } from '../domain/task-record.ts';
import type { QueryDeps } from './query-deps.ts';

/** Characters of the tasks of one page: it must fit into a message. */
const PAGE_CHARS_MAX = 128 * 1024;

/** A page of the tasks of a workflow. */
export async function onWorkflowGet(
  delivered: Delivered<MessageOfType<'workflow.get.v1'>>,
  { tasks, indexes, answers }: QueryDeps,
): Promise<Outcome> {
  const { workflow_id: workflowId, after, reader } = delivered.message.payload;
  const request: Delivered<Message> = delivered;
  const ids = await indexes.workflowTasks(workflowId, after, PAGE_MAX);
  if (ids.length === 0 && after === undefined) {
    return ack([answers.refused(request, 'WORKFLOW_UNKNOWN', `there is no workflow ${workflowId}`)]);
  }
  const records = await tasks.records(ids);
  const shown: WorkflowTask[] = [];
  let title: string | undefined;
  let chars = 0;
  for (const [index, taskId] of ids.entries()) {
    const record = records.get(taskId);
    if (record === undefined || !mayRead(record, reader)) continue;
    title ??= record.spec.workflow_title;
    const task = taskOf(record);
    const size = JSON.stringify(task).length;
    const last = ids[index - 1];
    if (chars > 0 && chars + size > PAGE_CHARS_MAX && last !== undefined) {
      return ack([answers.workflowState(request, { ...page(workflowId, title, shown), next: last })]);
    }
    shown.push(task);
    chars += size;
  }
  const next = ids.length === PAGE_MAX ? ids.at(-1) : undefined;
  return ack([
    answers.workflowState(request, {
      ...page(workflowId, title, shown),
      ...(next !== undefined && { next }),
    }),
  ]);
}

const page = (workflow_id: string, title: string | undefined, tasks: WorkflowTask[]) => ({
  ...{ workflow_id, tasks },
  ...(title !== undefined && { title }),
});

const mayRead = ({ submitter, live }: TaskRecord, reader: string | undefined): boolean =>
  reader === undefined || submitter === reader || live.agent_id === reader;

/** Longest error shown here, in characters: the task itself has all of it. */
const ERROR_CHARS_MAX = 500;

function taskOf({ task_id, state, spec, live }: TaskRecord): WorkflowTask {
  const { agent_id, error, started_at_ms, ended_at_ms } = live;
  return {
    task_id,
    title: spec.title,
    status: state,
    depends_on: [...edgesOf(spec)],
    ...(spec.workflow_key !== undefined && { key: spec.workflow_key }),
    ...(agent_id !== undefined && { agent_id }),
    ...(error !== undefined && {
      error: { code: error.code, message: error.message.slice(0, ERROR_CHARS_MAX) },
    }),
    ...(started_at_ms !== undefined && { started_at_ms }),
    ...(ended_at_ms !== undefined && { ended_at_ms }),
  };
}
