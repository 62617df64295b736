import type { AgentId } from '@nova-torch/protocol';
import { type Outcome, retry } from '@nova-torch/streams';
import { orderStop, type StoredSpawn } from '../domain/spawn.ts';
import { answerSpawn, type DeliveredOf, refuse, type SpawnerDeps } from './deps.ts';

/** The owner changes a record a few times in its life; more conflicts than this in a row are not a coincidence. */
const CONFLICTS_MAX = 10;

/**
 * Orders the end of an agent. The order is in the record, so any spawner may take it: the one the agent belongs to
 * carries it out, at once if it is this one, else at its next look (within a second). Repeats are harmless; `force`
 * on a polite end that is going on cuts it short.
 */
export async function onAgentTerminate(
  deps: SpawnerDeps,
  request: DeliveredOf<'agent.terminate.v1'>,
): Promise<Outcome> {
  const { agent_id, reason, force } = request.message.payload;
  for (let conflicts = 0; conflicts < CONFLICTS_MAX; conflicts += 1) {
    const spawn = await deps.store.findByAgent(agent_id);
    if (!spawn) return refuseUnknown(deps, request, agent_id);
    const ordered = orderStop(spawn, { reason, force }, deps.nowMs());
    if (ordered && !(await deps.store.change(spawn, ordered, drainFor(spawn, ordered)))) continue;
    if (spawn.owner === deps.owner) deps.reconciler.kick(spawn.record.spawn_id);
    return answerSpawn(deps, request, ordered ?? spawn);
  }
  return retry({ error: 'the record was changed by somebody else again and again' });
}

/** The polite word, for an agent that can read it: it has registered, and is given time. */
export function drainFor(
  spawn: StoredSpawn,
  { stop, record }: StoredSpawn,
): { untilMs: number; reason: string } | undefined {
  const polite = spawn.record.state === 'running' && stop && spawn.stop_grace_s > 0;
  return polite ? { untilMs: stop.polite_until_ms, reason: record.reason ?? 'asked to end' } : undefined;
}

function refuseUnknown(
  deps: SpawnerDeps,
  request: DeliveredOf<'agent.terminate.v1'>,
  agentId: AgentId,
): Outcome {
  const detail = `${agentId} was not started by the spawner, or ended so long ago that it is forgotten`;
  return refuse(deps, request, { code: 'SPAWN_UNKNOWN', detail, field: 'agent_id' });
}
