/** One name of the original plans and what carries it here. docs/PLAN_NAMES.md is checked against this table. */
export interface PlanName {
  readonly plan: string;
  readonly kind: 'stream' | 'channel' | 'message' | 'key' | 'class' | 'method' | 'field';
  /** What carries it here. */
  readonly here: string;
  /** A file of the repository and a text in it: a test checks that both exist. */
  readonly file: string;
  readonly text: string;
}

const streams = 'packages/protocol/src/streams.ts';
const plans = 'packages/client/src/plans';

const stream = (name: string): PlanName => ({
  plan: `nova.torch.${name}`,
  kind: 'stream',
  here: `{nova.torch}.${name}`,
  file: streams,
  text: `'${name}'`,
});
const message = (plan: string, here: string): PlanName => ({
  plan,
  kind: 'message',
  here,
  file: `packages/protocol/src/messages/${here.replace('.', '-')}.ts`,
  text: `'${here}'`,
});
const method = (className: string, file: string, name: string): PlanName => ({
  plan: `${className}.${name}`,
  kind: 'method',
  here: `${className}.${name} of @nova-torch/client`,
  file: `${plans}/${file}.ts`,
  text: `${name}(`,
});
const field = (plan: string, here: string, file: string): PlanName => ({
  plan,
  kind: 'field',
  here,
  file: `packages/protocol/src/${file}.ts`,
  text: `${here}:`,
});

/** Names whose parts exist. */
export const PLAN_NAMES: readonly PlanName[] = [
  stream('tasks.queue'),
  stream('tasks.active'),
  stream('tasks.completed'),
  stream('tasks.failed'),
  stream('registry'),
  stream('monitoring'),
  stream('agents.direct.<agent_id>'),
  stream('agents.spawning'),
  stream('agents.terminating'),
  stream('agents.scaling'),
  stream('collaboration.peer'),
  {
    plan: 'nova:torch:agents:{role}',
    kind: 'channel',
    here: 'the address role:<role> of a message',
    file: 'packages/protocol/src/agent-message.ts',
    text: "'role:'",
  },
  {
    plan: 'broadcast',
    kind: 'channel',
    here: 'the address broadcast of a message',
    file: 'packages/protocol/src/agent-message.ts',
    text: "'broadcast'",
  },
  message('task_assignment', 'task.assigned.v1'),
  message('status_update', 'report.progress.v1'),
  message('heartbeat', 'agent.heartbeat.v1'),
  {
    plan: 'nova.torch.assignments',
    kind: 'key',
    here: 'the record of each task (state, epoch, lease, agent)',
    file: 'services/task-router/src/store/keys.ts',
    text: 'task',
  },
  {
    plan: 'nova.torch.locks:task:<id>',
    kind: 'key',
    here: 'epoch and lease of an assignment: no lock is held',
    file: 'packages/protocol/src/messages/task-assigned.v1.ts',
    text: 'lease_until_ms',
  },
  {
    plan: 'nova.torch.spawner.processes',
    kind: 'key',
    here: 'the record of each spawn',
    file: 'services/spawner/src/store/keys.ts',
    text: 'spawn',
  },
  method('NovaOrchestrator', 'nova-orchestrator', 'sendMessage'),
  method('NovaOrchestrator', 'nova-orchestrator', 'onMessage'),
  method('NovaOrchestrator', 'nova-orchestrator', 'request'),
  method('AgentRegistry', 'agent-registry', 'registerAgent'),
  method('AgentRegistry', 'agent-registry', 'deregisterAgent'),
  method('AgentRegistry', 'agent-registry', 'heartbeat'),
  method('AgentRegistry', 'agent-registry', 'findAvailableAgents'),
  method('TaskOrchestrator', 'task-orchestrator', 'analyzeTask'),
  method('TaskOrchestrator', 'task-orchestrator', 'spawnAgentIfNeeded'),
  method('TaskOrchestrator', 'task-orchestrator', 'assignTask'),
  method('TaskOrchestrator', 'task-orchestrator', 'monitorProgress'),
  method('AgentSpawner', 'agent-spawner', 'canSpawnAgent'),
  method('AgentSpawner', 'agent-spawner', 'createAgent'),
  method('AgentSpawner', 'agent-spawner', 'terminateAgent'),
  method('CollaborationManager', 'collaboration-manager', 'discoverPeers'),
  ...['id', 'timestamp', 'sender', 'target', 'type', 'payload', 'correlation_id', 'priority'].map((name) =>
    field(`message ${name}`, name, 'envelope'),
  ),
  ...[
    'title',
    'description',
    'task_type',
    'priority',
    'required_skills',
    'preferred_agent',
    'dependencies',
    'context',
    'deadline',
    'max_retries',
  ].map((name) => field(`task ${name}`, name, 'task-spec')),
  field('task max_duration', 'timeout', 'task-spec'),
  field('task retry_count', 'attempt', 'task'),
  ...['agent_id', 'role', 'skills', 'status', 'last_heartbeat', 'performance'].map((name) =>
    field(`agent ${name}`, name, 'agent'),
  ),
  field('agent current_task', 'current_tasks', 'agent'),
  ...['tasks_completed', 'success_rate', 'avg_completion_time'].map((name) =>
    field(`performance ${name}`, name, 'agent'),
  ),
];
