import type { MessageType } from './catalog.ts';
import type { AgentId } from './ids.ts';

export type ServiceName = 'registry' | 'task-router' | 'spawner' | 'collaboration' | 'gateway';
export const SERVICES: readonly ServiceName[] = [
  'registry',
  'task-router',
  'spawner',
  'collaboration',
  'gateway',
];

/**
 * *Work* streams have consumer groups, acknowledgements and dead letters, and are trimmed only up to what every
 * declared group acknowledged. *Feed* streams fan out: every reader sees all; trimmed by age and length.
 */
export type StreamKind = 'work' | 'feed';

export interface StreamRow {
  /** Name without the tag; `<…>` stands for an id. */
  readonly name: string;
  readonly kind: StreamKind;
  readonly carries: readonly MessageType[];
  readonly writtenBy: readonly string[];
  /** Consumer groups of a work stream, readers of a feed. */
  readonly readBy: readonly string[];
}

const work = (
  name: string,
  readBy: readonly string[],
  writtenBy: readonly string[],
  carries: readonly MessageType[],
): StreamRow & { readonly kind: 'work' } => ({ name, kind: 'work', carries, writtenBy, readBy });
const feed = (
  name: string,
  readBy: readonly string[],
  writtenBy: readonly string[],
  carries: readonly MessageType[],
): StreamRow & { readonly kind: 'feed' } => ({ name, kind: 'feed', carries, writtenBy, readBy });

/** What a service is asked about the streams it reads. */
const upkeep = (service: ServiceName): StreamRow & { readonly kind: 'work' } =>
  work(
    `upkeep.${service}`,
    [service],
    ['gateway'],
    ['dead-letter.list.v1', 'dead-letter.get.v1', 'dead-letter.replay.v1', 'dead-letter.discard.v1'],
  );

/** Every stream there is. docs/STREAMS.md is checked against this table. Each work stream also has `<name>.dlq`, all inboxes together one. */
export const STREAMS = {
  tasksQueue: work(
    'tasks.queue',
    ['task-router'],
    ['gateway', 'agents', 'task-router'],
    [
      'task.submitted.v1',
      'task.restored.v1',
      'task.cancel.v1',
      'task.retry.v1',
      'workflow.submitted.v1',
      'workflow.cancel.v1',
      'schedule.create.v1',
      'schedule.change.v1',
    ],
  ),
  tasksReports: work(
    'tasks.reports',
    ['task-router'],
    ['agents', 'gateway'],
    ['report.started.v1', 'report.progress.v1', 'report.completed.v1', 'report.failed.v1'],
  ),
  tasksQueries: work(
    'tasks.queries',
    ['task-router'],
    ['gateway', 'agents'],
    [
      'task.get.v1',
      'task.list.v1',
      'task.survey.v1',
      'task.claim.v1',
      'workflow.get.v1',
      'schedule.get.v1',
      'schedule.list.v1',
      'task.explain.v1',
      'task.analyze.v1',
      'demand.list.v1',
    ],
  ),
  tasksActive: feed('tasks.active', ['gateway', 'spawner'], ['task-router'], ['task.changed.v1']),
  tasksCompleted: work('tasks.completed', ['registry'], ['task-router'], ['task.completed.v1']),
  tasksFailed: work('tasks.failed', ['registry'], ['task-router'], ['task.failed.v1', 'attempt.failed.v1']),
  registry: work(
    'registry',
    ['registry'],
    ['agents', 'gateway', 'spawner', 'task-router', 'collaboration'],
    [
      'agent.register.v1',
      'agent.heartbeat.v1',
      'agent.deregister.v1',
      'agent.sign.v1',
      'agent.released.v1',
      'agent.get.v1',
      'agent.list.v1',
    ],
  ),
  registryEvents: feed(
    'registry.events',
    ['task-router', 'spawner', 'collaboration', 'gateway'],
    ['registry'],
    [
      'agent.joined.v1',
      'agent.updated.v1',
      'agent.suspect.v1',
      'agent.left.v1',
      'agent.failed.v1',
      'agent.reaped.v1',
    ],
  ),
  agentInbox: work(
    'agents.direct.<agent_id>',
    ['inbox'],
    ['task-router', 'collaboration', 'spawner', 'registry'],
    ['task.assigned.v1', 'task.stop.v1', 'message.posted.v1', 'agent.drain.v1', 'agent.gone.v1'],
  ),
  agentsDoorbell: feed(
    'agents.doorbell',
    ['gateway'],
    ['task-router', 'collaboration', 'spawner', 'registry'],
    ['inbox.rang.v1'],
  ),
  agentsSpawning: work(
    'agents.spawning',
    ['spawner'],
    ['gateway', 'task-router', 'agents'],
    ['agent.spawn.v1', 'spawn.list.v1', 'template.list.v1'],
  ),
  agentsTerminating: work('agents.terminating', ['spawner'], ['gateway', 'agents'], ['agent.terminate.v1']),
  agentsScaling: feed(
    'agents.scaling',
    ['gateway', 'task-router'],
    ['spawner'],
    ['spawn.changed.v1', 'spawn.refused.v1'],
  ),
  collaborationPeer: work(
    'collaboration.peer',
    ['collaboration'],
    ['agents', 'gateway'],
    ['message.send.v1', 'message.delivered.v1', 'message.get.v1'],
  ),
  upkeepRegistry: upkeep('registry'),
  upkeepTaskRouter: upkeep('task-router'),
  upkeepSpawner: upkeep('spawner'),
  upkeepCollaboration: upkeep('collaboration'),
  collaborationEvents: feed('collaboration.events', ['gateway'], ['collaboration'], ['message.changed.v1']),
  monitoring: feed(
    'monitoring',
    ['gateway'],
    ['registry', 'task-router', 'spawner', 'collaboration', 'gateway'],
    ['service.status.v1'],
  ),
  control: feed('control', SERVICES, ['gateway'], ['log-level.set.v1']),
  replies: feed(
    'replies.<instance>',
    ['the instance'],
    ['whoever was asked'],
    [
      'task.state.v1',
      'workflow.accepted.v1',
      'workflow.state.v1',
      'workflow.cancelled.v1',
      'task.page.v1',
      'task.surveyed.v1',
      'task.claimed.v1',
      'schedule.state.v1',
      'schedule.page.v1',
      'task.explained.v1',
      'task.analyzed.v1',
      'demand.page.v1',
      'agent.registered.v1',
      'agent.state.v1',
      'agent.page.v1',
      'spawn.state.v1',
      'spawn.page.v1',
      'template.page.v1',
      'message.state.v1',
      'dead-letter.page.v1',
      'dead-letter.state.v1',
      'dead-letter.settled.v1',
      'request.refused.v1',
    ],
  ),
} as const satisfies Record<string, StreamRow>;

export type StreamField = Exclude<keyof typeof STREAMS, 'agentInbox' | 'replies'>;

/** The hash tag of a partition: all keys of a pool share it, so one script may touch them (DESIGN of the broker rules). */
export const tagOf = (partition: number): string =>
  partition === 0 ? '{nova.torch}' : `{nova.torch:${partition}}`;

export type StreamKeys = Readonly<Record<StreamField, string>> & {
  readonly tag: string;
  agentInbox(agentId: AgentId): string;
  replies(instance: string): string;
};

/** Keys of all streams of a partition: `{nova.torch}.tasks.queue` and so on. */
export function streamKeys(partition: number): StreamKeys {
  const tag = tagOf(partition);
  const keys = {} as Record<StreamField, string>;
  for (const [field, row] of Object.entries(STREAMS)) {
    if (field !== 'agentInbox' && field !== 'replies') keys[field as StreamField] = `${tag}.${row.name}`;
  }
  return {
    ...keys,
    tag,
    agentInbox: (agentId) => `${tag}.agents.direct.${agentId}`,
    replies: (instance) => `${tag}.replies.${instance}`,
  };
}

/** The key prefix of what a service owns: nobody else reads or writes below it (invariant I1). */
export const ownedKeys = (partition: number, service: ServiceName): string =>
  `${tagOf(partition)}:${service}`;

export const INBOX_GROUP = 'inbox';

/** The inboxes of all agents, whose dead letters lie together. */
export const INBOXES = 'agents.direct';
