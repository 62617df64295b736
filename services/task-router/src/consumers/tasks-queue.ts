import { dependencyIds, type Message, type MessageOfType, type TaskId } from '@nova-torch/protocol';
import { withMessageSpan } from '@nova-torch/service-kit';
import { type Delivered, deadLetter, type Outcome, retry } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { AFTER_FAILURE_MS, outcomesOf } from './failed-batch.ts';
import { onScheduleChange } from './schedule-change.v1.ts';
import { onScheduleCreate } from './schedule-create.v1.ts';
import { onTaskCancel } from './task-cancel.v1.ts';
import { onTasksRestored } from './task-restored.v1.ts';
import { onTaskRetry } from './task-retry.v1.ts';
import { onTasksSubmitted } from './task-submitted.v1.ts';
import { onWorkflowCancel } from './workflow-cancel.v1.ts';
import { onWorkflowSubmitted } from './workflow-submitted.v1.ts';

/**
 * tasks.queue: submissions that follow one another are handled together; a command, or a submission that depends on
 * one of them or has it as its parent, waits for those before it. When a group could not be written, what stands behind it goes back too: it
 * may build on it.
 */
export async function onTasksQueue(
  batch: readonly Delivered<Message>[],
  deps: ActiveDeps,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const group of groupsOf(batch)) {
    if (outcomes.some(({ kind }) => kind === 'retry')) {
      outcomes.push(
        ...group.map(() => retry({ afterMs: AFTER_FAILURE_MS, error: 'one before it goes first' })),
      );
    } else {
      outcomes.push(...(await outcomesOf(group, () => onGroup(group, deps), deps.logger)));
    }
  }
  return outcomes;
}

/** What may be handled together: consecutive submissions that do not build on one another, consecutive restored tasks; single commands. */
function groupsOf(batch: readonly Delivered<Message>[]): Delivered<Message>[][] {
  const groups: Delivered<Message>[][] = [];
  let open: Delivered<Message>[] = [];
  let ids = new Set<TaskId>();
  const close = (): void => {
    if (open.length > 0) groups.push(open);
    open = [];
    ids = new Set();
  };
  for (const delivered of batch) {
    const { message } = delivered;
    if (message.type !== 'task.submitted.v1' && message.type !== 'task.restored.v1') {
      close();
      groups.push([delivered]);
      continue;
    }
    const { task_id, spec } = message.payload;
    const buildsOn =
      ids.has(task_id) ||
      (spec.parent_task !== undefined && ids.has(spec.parent_task)) ||
      dependencyIds(spec).some((dependency) => ids.has(dependency));
    if (buildsOn || open.at(-1)?.message.type !== message.type) close();
    open.push(delivered);
    ids.add(task_id);
  }
  close();
  return groups;
}

async function onGroup(group: readonly Delivered<Message>[], deps: ActiveDeps): Promise<Outcome[]> {
  const submissions: Delivered<MessageOfType<'task.submitted.v1'>>[] = [];
  const restored: Delivered<MessageOfType<'task.restored.v1'>>[] = [];
  for (const delivered of group) {
    const { message } = delivered;
    if (message.type === 'task.submitted.v1') submissions.push({ ...delivered, message });
    else if (message.type === 'task.restored.v1') restored.push({ ...delivered, message });
    else return [await withMessageSpan(deps.tracing, delivered, () => onCommand(delivered, deps))];
  }
  return restored.length > 0 ? onTasksRestored(restored, deps) : onTasksSubmitted(submissions, deps);
}

async function onCommand(delivered: Delivered<Message>, deps: ActiveDeps): Promise<Outcome> {
  const { message } = delivered;
  switch (message.type) {
    case 'task.cancel.v1':
      return onTaskCancel({ ...delivered, message }, deps);
    case 'task.retry.v1':
      return onTaskRetry({ ...delivered, message }, deps);
    case 'workflow.submitted.v1':
      return onWorkflowSubmitted({ ...delivered, message }, deps);
    case 'workflow.cancel.v1':
      return onWorkflowCancel({ ...delivered, message }, deps);
    case 'schedule.create.v1':
      return onScheduleCreate({ ...delivered, message }, deps);
    case 'schedule.change.v1':
      return onScheduleChange({ ...delivered, message }, deps);
    default:
      return deadLetter('unknown_type', `tasks.queue does not carry ${message.type}`);
  }
}
