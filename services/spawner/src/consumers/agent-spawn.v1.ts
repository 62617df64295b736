import { newMessage, SpawnRefusedV1 } from '@nova-torch/protocol';
import { type Outcome, retry } from '@nova-torch/streams';
import { spawnRefusal } from '../domain/limits.ts';
import { newSpawn } from '../domain/spawn.ts';
import { answerSpawn, type DeliveredOf, refuse, type SpawnerDeps, stored } from './deps.ts';

/** Another spawner, or the next one on this home, takes the request then. */
const LATER_MS = 2_000;

/**
 * Starts an agent of a template. The record, written within the limits, comes first; the answer comes when its process
 * runs or could not be started, the news that the agent is ready follows on the feed. The same spawn id again starts
 * nothing and is answered with the state of the first.
 */
export async function onAgentSpawn(
  deps: SpawnerDeps,
  request: DeliveredOf<'agent.spawn.v1'>,
): Promise<Outcome> {
  if (deps.closing) return retry({ afterMs: LATER_MS, error: 'this spawner ends with all its agents' });
  const { spawn_id, template: name, requested_by } = request.message.payload;
  const template = deps.templates.get(name);
  if (!template) {
    const known = [...deps.templates.keys()].join(', ') || 'none';
    return refuseSpawn(
      deps,
      request,
      'TEMPLATE_UNKNOWN',
      `there is no template ${name}; there are: ${known}`,
    );
  }
  const { role, stop_grace_s, max_instances } = template;
  const limits = { totalMax: deps.agentsMax, templateMax: max_instances };
  const { owner, host } = deps;
  const begun = await deps.store.begin(
    newSpawn(
      {
        spawn_id,
        agent_id: deps.newAgentId(),
        template: name,
        role,
        stop_grace_s,
        requested_by,
        host,
        owner,
      },
      deps.nowMs(),
    ),
    limits,
  );
  if (begun.kind === 'limit') {
    return refuseSpawn(
      deps,
      request,
      'SPAWN_LIMIT',
      spawnRefusal(name, begun.counts, limits) ?? 'too many agents',
    );
  }
  if (begun.kind === 'exists' && begun.spawn.record.template !== name) {
    const detail = `${spawn_id} was used for the template ${begun.spawn.record.template}`;
    return refuse(deps, request, { code: 'IDEMPOTENCY_CONFLICT', detail, field: 'spawn_id' });
  }
  if (begun.kind === 'created' || begun.spawn.owner === owner) await deps.reconciler.reconcile(spawn_id);
  return answerSpawn(deps, request, await stored(deps, spawn_id));
}

/** A refusal is answered and told to the feed in one step. */
function refuseSpawn(
  deps: SpawnerDeps,
  request: DeliveredOf<'agent.spawn.v1'>,
  code: 'TEMPLATE_UNKNOWN' | 'SPAWN_LIMIT',
  detail: string,
): Outcome {
  deps.metrics.refused.inc({ code });
  const { spawn_id, template } = request.message.payload;
  const nowMs = deps.nowMs();
  const event = newMessage(
    SpawnRefusedV1,
    { spawn_id, template, code, reason: detail, at_ms: nowMs },
    { sender: deps.instance, target: 'feed', nowMs },
  );
  const field = code === 'TEMPLATE_UNKNOWN' ? { field: 'template' } : {};
  return refuse(deps, request, { code, detail, ...field }, [
    { stream: deps.streams.agentsScaling, message: event },
  ]);
}
