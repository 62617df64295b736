import type { AgentRecord } from '@nova-torch/protocol';
import type { TaskRecord } from './task-record.ts';

/** How long a newly registered agent may take to name what it works on, in ms: more than two heartbeats. */
const GRACE_MS = 15_000;

/**
 * Whether a running task was begun by a process that is gone although its agent lives: the agent registered after the
 * task was given to it, has sent heartbeats since for longer than the grace, and does not name the task.
 */
export function isForgotten(task: TaskRecord, agent: AgentRecord, nowMs: number): boolean {
  const { live } = task;
  if (task.state !== 'running' || live.agent_id !== agent.agent_id) return false;
  const registeredAtMs = agent.registered_at * 1000;
  if (registeredAtMs <= (live.started_at_ms ?? live.assigned_at_ms ?? nowMs)) return false;
  if (nowMs < Math.max(registeredAtMs + GRACE_MS, live.lease_until_ms ?? 0)) return false;
  return !agent.current_tasks.includes(task.task_id);
}
