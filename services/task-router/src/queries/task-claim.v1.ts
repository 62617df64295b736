import { isHeld, type Message, type MessageOfType } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import type { QueryDeps } from './query-deps.ts';

/** Whether an agent may still start an assignment whose lease has passed. */
export async function onTaskClaim(
  delivered: Delivered<MessageOfType<'task.claim.v1'>>,
  { tasks, answers, nowMs }: QueryDeps,
): Promise<Outcome> {
  const { task_id: taskId, agent_id: agentId, epoch, lease } = delivered.message.payload;
  const request: Delivered<Message> = delivered;
  const record = await tasks.record(taskId);
  const answer = (granted: boolean, reason: string): Outcome =>
    ack([answers.claimed(request, { task_id: taskId, granted, reason })]);
  if (record === undefined) return answer(false, 'there is no such task');
  if (!isHeld(record.state)) return answer(false, `the task is ${record.state}`);
  const { live } = record;
  if (record.epoch !== epoch || live.lease !== lease || live.agent_id !== agentId) {
    return answer(false, 'the task was given to another agent, or again under a higher epoch');
  }
  if (live.expires_at_ms <= nowMs()) return answer(false, 'its deadline or its time to live has passed');
  return answer(true, 'the assignment holds');
}
