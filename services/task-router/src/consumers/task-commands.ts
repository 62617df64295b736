import type { ErrorCode, Message, MessageOfType, TaskId } from '@nova-torch/protocol';
import { currentTraceparent } from '@nova-torch/service-kit';
import { ack, type Delivered, type Outcome, retry } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import type { CommandDecision } from '../domain/commands.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import { viewOf } from '../domain/view.ts';
import { isApplied } from '../store/apply-transitions.ts';

type Command = Delivered<MessageOfType<'task.cancel.v1' | 'task.retry.v1'>>;

/** Decisions made on a record that changed meanwhile are made again, this often. */
export const DECISIONS_MAX = 10;

/** What is done with a command that is refused, if it is not answered. */
type Refuse = (code: ErrorCode, detail: string) => Outcome;

/** Obeys, refuses or repeats the answer to a command on one task. */
export async function obeyCommand(
  delivered: Command,
  deps: ActiveDeps,
  decide: (record: TaskRecord) => Promise<CommandDecision> | CommandDecision,
  options: { readonly refuse?: Refuse | undefined } = {},
): Promise<Outcome> {
  const { message } = delivered;
  const taskId: TaskId = message.payload.task_id;
  const count = (outcome: string): void => deps.metrics.commands.inc({ type: message.type, outcome });
  const request: Delivered<Message> = delivered;
  const answer: Refuse = (code, detail) => ack([deps.answers.refused(request, code, detail)]);
  const { refuse = answer } = options;
  for (let tries = 0; tries < DECISIONS_MAX; tries += 1) {
    const record = await deps.tasks.record(taskId);
    if (record === undefined) {
      count('unknown');
      return refuse('TASK_UNKNOWN', `there is no task ${taskId}`);
    }
    const decision = await decide(record);
    if (decision.kind === 'refused') {
      count('refused');
      return refuse(decision.code, decision.detail);
    }
    if (decision.kind === 'repeated') {
      count('repeated');
      return ack([deps.answers.state(request, { task: viewOf(record) })]);
    }
    const [verdict] = await deps.ledger.write([{ draft: decision.draft, traceparent: currentTraceparent() }]);
    if (isApplied(verdict)) {
      count('obeyed');
      return ack([deps.answers.state(request, { task: viewOf(decision.draft.record) })]);
    }
  }
  return retry({ error: 'the task changed faster than it could be decided on' });
}
