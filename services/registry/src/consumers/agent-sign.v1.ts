import type { AgentSignV1 } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome, retry } from '@nova-torch/streams';
import { readSign } from '../domain/departure.ts';
import { entryMs } from '../domain/liveness.ts';
import { CONFLICTS_MAX } from './conflicts.ts';
import type { RegistryDeps } from './deps.ts';

/** Somebody saw a sign of an agent's death. */
export async function onAgentSign(deps: RegistryDeps, delivered: Delivered<AgentSignV1>): Promise<Outcome> {
  const { store, metrics } = deps;
  const { agent_id: agentId, sign, detail } = delivered.message.payload;
  for (let attempt = 0; attempt < CONFLICTS_MAX; attempt += 1) {
    const [agent] = await store.read([agentId]);
    const seen = { sign, detail, atMs: entryMs(delivered.entryId) };
    const change = agent && readSign(agent, seen, deps.serverNowMs());
    if (change === undefined) {
      metrics.signs.inc({ sign, outcome: agent === undefined ? 'unknown' : 'nothing_new' });
      return ack();
    }
    const [written] = await store.change([{ change }], delivered.message.traceparent);
    if (written) {
      metrics.signs.inc({ sign, outcome: 'taken' });
      if (change.event !== undefined) metrics.changes.inc({ event: change.event.type });
      deps.wakeReaper();
      return ack();
    }
  }
  return retry({ error: `${agentId} kept changing` });
}
