import type { AgentHeartbeatV1, AgentId } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import type { Agent } from '../domain/agent.ts';
import { type Heartbeat, hear } from '../domain/heartbeat.ts';
import { dueMs, entryMs } from '../domain/liveness.ts';
import type { ChangeToWrite } from '../store/change-agents.ts';
import type { HeardAgent } from '../store/hear-agents.ts';
import { CONFLICTS_MAX } from './conflicts.ts';
import type { RegistryDeps } from './deps.ts';

type Beats = ReadonlyMap<AgentId, Heartbeat>;

/**
 * A run of heartbeats: one script for all that say nothing new, whatever their number; the records are read only of
 * agents that say something else. The newest heartbeat of each agent counts. All are acknowledged: one that could not
 * be written is followed by the next.
 */
export async function onAgentHeartbeats(
  deps: RegistryDeps,
  messages: readonly Delivered<AgentHeartbeatV1>[],
): Promise<Outcome[]> {
  const { store, metrics } = deps;
  const beats = new Map(messages.map((delivered) => [delivered.message.payload.agent_id, beatOf(delivered)]));
  metrics.heartbeats.inc({ outcome: 'replaced' }, messages.length - beats.size);
  const known = await store.noteHeartbeats([...beats]);
  for (const [index, { atMs }] of [...beats.values()].entries()) observeInterval(metrics, known[index], atMs);
  metrics.heartbeats.inc({ outcome: 'time' }, known.filter((heardMs) => heardMs !== undefined).length);
  let left: Beats = new Map([...beats].filter((_, index) => known[index] === undefined));
  for (let attempt = 0; attempt < CONFLICTS_MAX && left.size > 0; attempt += 1)
    left = await takeIn(deps, left);
  if (left.size > 0) metrics.heartbeats.inc({ outcome: 'conflict' }, left.size);
  return messages.map(() => ack());
}

function observeInterval(
  { heartbeatInterval }: RegistryDeps['metrics'],
  beforeMs: number | undefined,
  atMs: number,
): void {
  if (beforeMs !== undefined && atMs > beforeMs) heartbeatInterval.observe((atMs - beforeMs) / 1000);
}

function beatOf({ message, entryId }: Delivered<AgentHeartbeatV1>): Heartbeat {
  const { current_tasks: currentTasks, draining } = message.payload;
  return { currentTasks, draining, atMs: entryMs(entryId) };
}

/** Writes what heartbeats change; returns those whose agent was changed by another replica in between. */
async function takeIn(deps: RegistryDeps, beats: Beats): Promise<Beats> {
  const { store, metrics } = deps;
  const told = sort(deps, beats, await store.read([...beats.keys()]));
  const [noted, written] = await Promise.all([
    store.hear(told.heard),
    store.change(told.changes),
    store.tellGone(told.gone),
  ]);
  for (const [index, change] of told.changes.entries()) {
    const { before, after } = change.change;
    if (written[index]) observeInterval(metrics, before?.heardMs, after.heardMs);
  }
  const changed = written.filter(Boolean).length;
  metrics.heartbeats.inc({ outcome: 'time' }, noted.filter(Boolean).length);
  metrics.heartbeats.inc({ outcome: 'change' }, changed);
  metrics.heartbeats.inc({ outcome: 'gone' }, told.gone.length);
  metrics.heartbeats.inc({ outcome: 'stale' }, told.stale);
  metrics.changes.inc({ event: 'agent.updated.v1' }, changed);
  const conflicts = new Set([
    ...told.heard.filter((_, index) => !noted[index]).map(({ agentId }) => agentId),
    ...told.changes.filter((_, index) => !written[index]).map(({ change }) => change.after.record.agent_id),
  ]);
  return new Map([...beats].filter(([agentId]) => conflicts.has(agentId)));
}

interface Told {
  readonly heard: HeardAgent[];
  readonly changes: ChangeToWrite[];
  readonly gone: { agentId: AgentId; reason: string }[];
  stale: number;
}

/** Sorts heartbeats by what they change of their agents. */
function sort({ liveness }: RegistryDeps, beats: Beats, agents: readonly (Agent | undefined)[]): Told {
  const told: Told = { heard: [], changes: [], gone: [], stale: 0 };
  for (const [index, [agentId, beat]] of [...beats].entries()) {
    const agent = agents[index];
    if (agent === undefined) {
      told.gone.push({ agentId, reason: 'unknown: the registry has no record of this agent' });
      continue;
    }
    const result = hear(agent, beat);
    if (result.kind === 'time') {
      const { heardMs } = result;
      told.heard.push({ agentId, agent, heardMs, dueMs: dueMs({ ...agent, heardMs }, liveness) ?? heardMs });
    } else if (result.kind === 'change') told.changes.push({ change: result.change });
    else if (result.kind === 'gone') told.gone.push({ agentId, reason: result.reason });
    else told.stale += 1;
  }
  return told;
}
