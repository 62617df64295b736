import type { Message, MessageOfType, TaskId } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome, retry } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import type { CommandDecision } from '../domain/commands.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import { viewOf } from '../domain/view.ts';
import { isApplied } from '../store/apply-transitions.ts';

type Command = Delivered<MessageOfType<'task.cancel.v1' | 'task.retry.v1'>>;

/** Decisions made on a record that changed meanwhile are made again, this often. */
export const DECISIONS_MAX = 10;

/** Obeys, refuses or repeats the answer to a command on one task. */
export async function obeyCommand(
  delivered: Command,
  deps: ActiveDeps,
  decide: (record: TaskRecord) => Promise<CommandDecision> | CommandDecision,
): Promise<Outcome> {
  const { message } = delivered;
  const taskId: TaskId = message.payload.task_id;
  const count = (outcome: string): void => deps.metrics.commands.inc({ type: message.type, outcome });
  const request: Delivered<Message> = delivered;
  for (let tries = 0; tries < DECISIONS_MAX; tries += 1) {
    const record = await deps.tasks.record(taskId);
    if (record === undefined) {
      count('unknown');
      return ack([deps.answers.refused(request, 'TASK_UNKNOWN', `there is no task ${taskId}`)]);
    }
    const decision = await decide(record);
    if (decision.kind === 'refused') {
      count('refused');
      return ack([deps.answers.refused(request, decision.code, decision.detail)]);
    }
    if (decision.kind === 'repeated') {
      count('repeated');
      return ack([deps.answers.state(request, { task: viewOf(record) })]);
    }
    const [verdict] = await deps.ledger.write([{ draft: decision.draft }]);
    if (isApplied(verdict)) {
      count('obeyed');
      return ack([deps.answers.state(request, { task: viewOf(decision.draft.record) })]);
    }
  }
  return retry({ error: 'the task changed faster than it could be decided on' });
}
