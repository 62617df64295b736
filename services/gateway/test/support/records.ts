import type { AgentId, AgentRecord } from '@nova-torch/protocol';

/** An agent as the registry would know it. */
export function anAgentRecord(agentId: AgentId, fields: Partial<AgentRecord> = {}): AgentRecord {
  return {
    agent_id: agentId,
    role: 'developer',
    skills: [],
    status: 'idle',
    capacity: 1,
    last_heartbeat: Date.now() / 1000,
    current_tasks: [],
    host: 'test',
    transport: 'gateway',
    pool: 'default',
    labels: {},
    performance: { tasks_completed: 0, success_rate: 1, avg_completion_time: 0 },
    registered_at: Date.now() / 1000,
    version: 1,
    ...fields,
  };
}
