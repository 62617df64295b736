import { dependencyIds, type MessageOfType } from '@nova-torch/protocol';
import { type Delivered, deadLetter, type Outcome } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { type CommandDecision, decideRetry } from '../domain/commands.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import { obeyCommand } from './task-commands.ts';

/**
 * Gives an ended task another try. One that comes from a replayed dead letter and is refused becomes a dead letter again,
 * with its history: nobody waits for its answer, and who replayed it finds out why.
 */
export async function onTaskRetry(
  delivered: Delivered<MessageOfType<'task.retry.v1'>>,
  deps: ActiveDeps,
): Promise<Outcome> {
  const { id, payload } = delivered.message;
  const replay = delivered.history.findLast(({ outcome }) => outcome === 'replayed');
  const by = replay === undefined || replay.consumer === '' ? payload.by : replay.consumer;
  const decide = async (record: TaskRecord): Promise<CommandDecision> => {
    const dependencies = await deps.tasks.states(dependencyIds(record.spec));
    return decideRetry(record, { id, by, reason: `${by} asked for another try` }, dependencies, deps.nowMs());
  };
  return obeyCommand(delivered, deps, decide, {
    refuse: replay === undefined ? undefined : (code, detail) => deadLetter('refused', `${code}: ${detail}`),
  });
}
