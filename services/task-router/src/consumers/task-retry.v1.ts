import { dependencyIds, type MessageOfType } from '@nova-torch/protocol';
import type { Delivered, Outcome } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { decideRetry } from '../domain/commands.ts';
import { obeyCommand } from './task-commands.ts';

/** Gives an ended task another try. */
export function onTaskRetry(
  delivered: Delivered<MessageOfType<'task.retry.v1'>>,
  deps: ActiveDeps,
): Promise<Outcome> {
  const { id, payload } = delivered.message;
  return obeyCommand(delivered, deps, async (record) => {
    const dependencies = await deps.tasks.states(dependencyIds(record.spec));
    const command = { id, by: payload.by, reason: `${payload.by} asked for another try` };
    return decideRetry(record, command, dependencies, deps.nowMs());
  });
}
