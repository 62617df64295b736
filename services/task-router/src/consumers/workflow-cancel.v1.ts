import { isTerminal, type Message, type MessageOfType, type TaskId } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome, retry } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { type Command, decideCancel } from '../domain/commands.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import { isApplied } from '../store/apply-transitions.ts';
import { DECISIONS_MAX } from './task-commands.ts';

/** Tasks looked at in one step. */
const STEP = 256;

interface Cancelled {
  cancelled: number;
  ended: number;
}

/** Ends every task of a workflow that has not ended: first those that wait, so that none begins because another ends. */
export async function onWorkflowCancel(
  delivered: Delivered<MessageOfType<'workflow.cancel.v1'>>,
  deps: ActiveDeps,
): Promise<Outcome> {
  const { id, payload } = delivered.message;
  const { workflow_id: workflowId, by, reason } = payload;
  const request: Delivered<Message> = delivered;
  const count = (outcome: string): void =>
    deps.metrics.commands.inc({ type: delivered.message.type, outcome });
  const command: Command = { id, by, reason };
  const waiting = { cancelled: 0, ended: 0 };
  await pages(workflowId, deps, async (taskIds) => {
    const records = await deps.tasks.records(taskIds);
    const blocked = [...records.values()].filter(({ state }) => state === 'blocked');
    return cancelAll(blocked, command, waiting, deps);
  });
  const all = { cancelled: 0, ended: 0 };
  let tasks = 0;
  const isDone = await pages(workflowId, deps, async (taskIds) => {
    tasks += taskIds.length;
    return cancelAll([...(await deps.tasks.records(taskIds)).values()], command, all, deps);
  });
  if (!isDone) return retry({ error: 'its tasks changed faster than they could be decided on' });
  if (tasks === 0) {
    count('unknown');
    return ack([deps.answers.refused(request, 'WORKFLOW_UNKNOWN', `there is no workflow ${workflowId}`)]);
  }
  count('obeyed');
  return ack([
    deps.answers.workflowCancelled(request, {
      workflow_id: workflowId,
      cancelled: waiting.cancelled + all.cancelled,
      ended: all.ended - waiting.cancelled,
    }),
  ]);
}

async function pages(
  workflowId: string,
  deps: ActiveDeps,
  handle: (taskIds: readonly TaskId[]) => Promise<boolean>,
): Promise<boolean> {
  let isDone = true;
  let after: TaskId | undefined;
  for (;;) {
    const taskIds = await deps.indexes.workflowTasks(workflowId, after, STEP);
    if (taskIds.length === 0) return isDone;
    isDone = (await handle(taskIds)) && isDone;
    after = taskIds.at(-1);
  }
}

/** Cancels tasks; those that change meanwhile are decided on again. False when some kept changing. */
async function cancelAll(
  records: readonly TaskRecord[],
  command: Command,
  counts: Cancelled,
  deps: ActiveDeps,
): Promise<boolean> {
  let open = records;
  for (let tries = 0; open.length > 0 && tries < DECISIONS_MAX; tries += 1) {
    if (tries > 0) open = [...(await deps.tasks.records(open.map(({ task_id }) => task_id))).values()];
    const going = open.filter(({ state }) => !isTerminal(state));
    counts.ended += open.length - going.length;
    const drafts = going.flatMap((record) => {
      const decision = decideCancel(record, command, deps.nowMs());
      return decision.kind === 'obeyed' ? [decision.draft] : [];
    });
    const verdicts = await deps.ledger.write(drafts.map((draft) => ({ draft })));
    counts.cancelled += verdicts.filter(isApplied).length;
    open = drafts.flatMap(({ before }, i) => (before && !isApplied(verdicts[i]) ? [before] : []));
  }
  return open.length === 0;
}
