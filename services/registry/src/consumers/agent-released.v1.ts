import type { AgentReleasedV1 } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome, retry } from '@nova-torch/streams';
import { isReleaseOf } from '../domain/departure.ts';
import { entryMs } from '../domain/liveness.ts';
import { CONFLICTS_MAX } from './conflicts.ts';
import type { RegistryDeps } from './deps.ts';

/** A service holds nothing any more for an agent that is gone; after the last one the agent is reaped. */
export async function onAgentReleased(
  deps: RegistryDeps,
  delivered: Delivered<AgentReleasedV1>,
): Promise<Outcome> {
  const { store, metrics } = deps;
  const { agent_id: agentId, by } = delivered.message.payload;
  for (let attempt = 0; attempt < CONFLICTS_MAX; attempt += 1) {
    const [agent] = await store.read([agentId]);
    if (agent === undefined || !isReleaseOf(agent, entryMs(delivered.entryId))) {
      metrics.releases.inc({ by, outcome: 'ignored' });
      return ack();
    }
    const result = await store.release(agent, by);
    if (result !== 'conflict') {
      metrics.releases.inc({ by, outcome: result });
      if (result === 'reaped') metrics.changes.inc({ event: 'agent.reaped.v1' });
      return ack();
    }
  }
  return retry({ error: `${agentId} kept changing` });
}
