import { type AgentId, isHeld, type TaskError } from '@nova-torch/protocol';
import { type Draft, move, ROUTER, type Step, send } from './draft.ts';
import { handOf } from './hands.ts';
import { completed, failed, stop } from './letters.ts';
import { raisedEpoch, rememberedCommands, type TaskLive } from './task-record.ts';

/** What no longer holds once nobody holds the task. */
export const RELEASED: Partial<TaskLive> = {
  lease: undefined,
  lease_until_ms: undefined,
  start_by_ms: undefined,
  run_until_ms: undefined,
  progress_by_ms: undefined,
  retry_at_ms: undefined,
  judged_by: undefined,
};

/** Ends a verified task well. `resultJson` is undefined when the agent reported none. */
export function complete(draft: Draft, resultJson: string | undefined, step: Omit<Step, 'live'>): Draft {
  const done = move(draft, 'completed', {
    ...step,
    resultJson,
    live: { ...RELEASED, ended_at_ms: step.atMs, error: undefined, failures: undefined },
  });
  return { ...send(done, completed(done.record, step.atMs)), result: resultJson ?? null };
}

/** Ends a task otherwise. */
export function endWithout(
  draft: Draft,
  status: 'failed' | 'cancelled' | 'expired',
  error: TaskError,
  step: Omit<Step, 'error' | 'reason'>,
): Draft {
  const ended = move(draft, status, {
    ...step,
    reason: error.message,
    error,
    live: { ...RELEASED, failures: undefined, ...step.live, ended_at_ms: step.atMs, error },
  });
  return send(ended, failed(ended.record, status, step.atMs, error));
}

/** Ends a task by its deadline or time to live; its holder is told to stop. */
export function expire(draft: Draft, nowMs: number): Draft {
  const { spec, live } = draft.record;
  const byDeadline = spec.deadline !== undefined && Date.parse(spec.deadline) === live.expires_at_ms;
  const error: TaskError = {
    code: byDeadline ? 'DEADLINE_PASSED' : 'TTL_PASSED',
    message: byDeadline
      ? `its deadline (${spec.deadline}) passed before it was completed`
      : `its time to live (${spec.ttl} s) passed before it was completed`,
  };
  const holder = holderOf(draft);
  const epoch = raisedEpoch(draft.record.epoch, nowMs);
  const step = { atMs: nowMs, actor: ROUTER, epoch, agentId: workerOf(draft) };
  const ended = endWithout(draft, 'expired', error, step);
  return holder === undefined ? ended : send(ended, stop(ended.record, holder, epoch, error.message));
}

/** Ends a task because somebody asked for it; the raised epoch refuses a result that arrives later. */
export function cancel(
  draft: Draft,
  command: { readonly id: string; readonly by: string; readonly reason: string },
  nowMs: number,
): Draft {
  const holder = holderOf(draft);
  const epoch = raisedEpoch(draft.record.epoch, nowMs);
  const error: TaskError = { code: 'CANCELLED', message: `cancelled by ${command.by}: ${command.reason}` };
  const ended = endWithout(draft, 'cancelled', error, {
    atMs: nowMs,
    actor: command.by,
    epoch,
    agentId: workerOf(draft),
    live: { commands: rememberedCommands(draft.record.live, command.id), ...handOf(command.by, 'cancel') },
  });
  return holder === undefined ? ended : send(ended, stop(ended.record, holder, epoch, error.message));
}

/** The agent that holds the task now, and has to stop when it is over. */
export const holderOf = ({ state, record }: Draft): AgentId | undefined =>
  state !== 'none' && isHeld(state) ? record.live.agent_id : undefined;

/** The agent whose attempt this is: it holds the task, or others judge what it claims. */
export const workerOf = (draft: Draft): AgentId | undefined =>
  draft.state === 'verifying' ? draft.record.live.agent_id : holderOf(draft);
