// Valid values to begin with: a test names only what it is about.
import { type AgentRecord, newAgentId, TaskSpec, type TaskSpecInput } from '@nova-torch/protocol';

/** A task that any developer may do, with the protocol's defaults. Rejects, like the gateway, what is not valid. */
export function aTaskSpec(over: Partial<TaskSpecInput> = {}): TaskSpec {
  return TaskSpec.parse({ title: 'Shout', required_skills: ['shout'], ...over });
}

/** An idle developer that can shout, registered and heard just now. */
export function anAgent(over: Partial<AgentRecord> = {}): AgentRecord {
  const nowMs = Date.now();
  return {
    agent_id: newAgentId(0, nowMs),
    role: 'developer',
    skills: [{ name: 'shout', level: 1 }],
    status: 'idle',
    capacity: 1,
    last_heartbeat: nowMs / 1000,
    current_tasks: [],
    host: 'test',
    transport: 'gateway',
    pool: 'default',
    labels: {},
    performance: { tasks_completed: 0, success_rate: 1, avg_completion_time: 0 },
    registered_at: nowMs / 1000,
    version: 1,
    ...over,
  };
}
