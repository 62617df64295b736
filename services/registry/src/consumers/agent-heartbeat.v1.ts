import type { AgentHeartbeatV1, AgentId } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import { hear } from '../domain/heartbeat.ts';
import { dueMs, entryMs } from '../domain/liveness.ts';
import type { ChangeToWrite } from '../store/change-agents.ts';
import type { HeardAgent } from '../store/hear-agents.ts';
import { CONFLICTS_MAX } from './conflicts.ts';
import type { RegistryDeps } from './deps.ts';

type Beats = ReadonlyMap<AgentId, Delivered<AgentHeartbeatV1>>;

/**
 * A run of heartbeats: one read and at most three scripts, whatever their number. The newest of each agent counts.
 * All are acknowledged: one that could not be written is followed by the next.
 */
export async function onAgentHeartbeats(
  deps: RegistryDeps,
  messages: readonly Delivered<AgentHeartbeatV1>[],
): Promise<Outcome[]> {
  let left: Beats = new Map(messages.map((delivered) => [delivered.message.payload.agent_id, delivered]));
  deps.metrics.heartbeats.inc({ outcome: 'replaced' }, messages.length - left.size);
  for (let attempt = 0; attempt < CONFLICTS_MAX && left.size > 0; attempt += 1)
    left = await takeIn(deps, left);
  if (left.size > 0) deps.metrics.heartbeats.inc({ outcome: 'conflict' }, left.size);
  return messages.map(() => ack());
}

/** Writes what heartbeats change; returns those whose agent was changed by another replica in between. */
async function takeIn(deps: RegistryDeps, beats: Beats): Promise<Beats> {
  const { store, liveness, metrics } = deps;
  const ids = [...beats.keys()];
  const agents = await store.read(ids);
  const heard: HeardAgent[] = [];
  const changes: ChangeToWrite[] = [];
  const gone: { agentId: AgentId; reason: string }[] = [];
  let stale = 0;
  for (const [index, agentId] of ids.entries()) {
    const agent = agents[index];
    const beat = beats.get(agentId);
    if (beat === undefined) continue;
    if (agent === undefined) {
      gone.push({ agentId, reason: 'unknown: the registry has no record of this agent' });
      continue;
    }
    const { current_tasks: currentTasks, draining } = beat.message.payload;
    const result = hear(agent, { currentTasks, draining, atMs: entryMs(beat.entryId) });
    if (result.kind === 'time') {
      const next = dueMs({ ...agent, heardMs: result.heardMs }, liveness) ?? result.heardMs;
      heard.push({ agentId, agent, heardMs: result.heardMs, dueMs: next });
    } else if (result.kind === 'change') changes.push({ change: result.change });
    else if (result.kind === 'gone') gone.push({ agentId, reason: result.reason });
    else stale += 1;
  }
  const [noted, written] = await Promise.all([
    store.hear(heard),
    store.change(changes),
    store.tellGone(gone),
  ]);
  const changed = written.filter(Boolean).length;
  metrics.heartbeats.inc({ outcome: 'time' }, noted.filter(Boolean).length);
  metrics.heartbeats.inc({ outcome: 'change' }, changed);
  metrics.heartbeats.inc({ outcome: 'gone' }, gone.length);
  metrics.heartbeats.inc({ outcome: 'stale' }, stale);
  metrics.changes.inc({ event: 'agent.updated.v1' }, changed);
  const conflicts = [
    ...heard.filter((_, index) => !noted[index]).map(({ agentId }) => agentId),
    ...changes.filter((_, index) => !written[index]).map(({ change }) => change.after.record.agent_id),
  ];
  return new Map([...beats].filter(([agentId]) => conflicts.includes(agentId)));
}
