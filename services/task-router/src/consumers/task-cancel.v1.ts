import type { MessageOfType } from '@nova-torch/protocol';
import type { Delivered, Outcome } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { decideCancel } from '../domain/commands.ts';
import { obeyCommand } from './task-commands.ts';

/** Ends a task because somebody asked for it. */
export function onTaskCancel(
  delivered: Delivered<MessageOfType<'task.cancel.v1'>>,
  deps: ActiveDeps,
): Promise<Outcome> {
  const { id, payload } = delivered.message;
  return obeyCommand(delivered, deps, (record) =>
    decideCancel(record, { id, by: payload.by, reason: payload.reason }, deps.nowMs()),
  );
}
