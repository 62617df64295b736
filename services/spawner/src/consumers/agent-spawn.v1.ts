import { type AgentTemplate, newMessage, SpawnRefusedV1 } from '@nova-torch/protocol';
import { type Outcome, retry } from '@nova-torch/streams';
import { coveringTemplates, covers, sayDemand } from '../domain/covering-templates.ts';
import { limitHit, spawnRefusal } from '../domain/limits.ts';
import { newSpawn, type StoredSpawn } from '../domain/spawn.ts';
import { answerSpawn, type DeliveredOf, refuse, type SpawnerDeps, stored } from './deps.ts';

/** Another spawner, or the next one on this home, takes the request then. */
const LATER_MS = 2_000;

type Request = DeliveredOf<'agent.spawn.v1'>;

/**
 * Starts an agent of a template, or of the first template that covers a demand and has room. The record, written within
 * the limits, comes first; the answer comes when its process runs or could not be started, the news that the agent is
 * ready follows on the feed. The same spawn id again starts nothing and is answered with the state of the first.
 */
export async function onAgentSpawn(deps: SpawnerDeps, request: Request): Promise<Outcome> {
  if (deps.closing) return retry({ afterMs: LATER_MS, error: 'this spawner ends with all its agents' });
  const { spawn_id } = request.message.payload;
  const known = await deps.store.get(spawn_id);
  if (known !== undefined) return answerKnown(deps, request, known);
  const choice = choicesFor(deps, request);
  if (choice.length === 0) return refuseSpawn(deps, request, 'TEMPLATE_UNKNOWN', nothingFits(deps, request));
  const full: string[] = [];
  const hits = new Set<'template' | 'total'>();
  for (const template of choice) {
    const limits = { totalMax: deps.agentsMax, templateMax: template.max_instances };
    const begun = await deps.store.begin(spawnOf(deps, request, template), limits);
    if (begun.kind === 'exists') return answerKnown(deps, request, begun.spawn);
    if (begun.kind === 'created') {
      await deps.reconciler.reconcile(spawn_id);
      return answerSpawn(deps, request, await stored(deps, spawn_id));
    }
    hits.add(limitHit(begun.counts, limits) ?? 'total');
    full.push(spawnRefusal(template.name, begun.counts, limits) ?? 'too many agents');
  }
  for (const limit of hits) deps.metrics.limitHits.inc({ limit });
  return refuseSpawn(deps, request, 'SPAWN_LIMIT', [...new Set(full)].join('; '));
}

/** Templates that may be started, the one to try first in front. */
function choicesFor({ templates }: SpawnerDeps, { message: { payload } }: Request): AgentTemplate[] {
  const { template: name, demand } = payload;
  if (demand !== undefined) return coveringTemplates(templates.values(), demand);
  const named = templates.get(name ?? '');
  return named === undefined ? [] : [named];
}

function nothingFits({ templates }: SpawnerDeps, { message: { payload } }: Request): string {
  const { template, demand } = payload;
  const known = [...templates.keys()].join(', ') || 'none';
  return demand === undefined
    ? `there is no template ${template}; there are: ${known}`
    : `no template covers ${sayDemand(demand)}; there are: ${known}`;
}

function spawnOf(deps: SpawnerDeps, { message: { payload } }: Request, template: AgentTemplate): StoredSpawn {
  const { spawn_id, requested_by, demand } = payload;
  const { name, role, stop_grace_s } = template;
  const { host, owner } = deps;
  const agent_id = deps.newAgentId();
  return newSpawn(
    { spawn_id, agent_id, template: name, role, stop_grace_s, requested_by, demand, host, owner },
    deps.nowMs(),
  );
}

/** The id was used before: for the same, and then that is the answer, or for something else. */
async function answerKnown(deps: SpawnerDeps, request: Request, known: StoredSpawn): Promise<Outcome> {
  const { spawn_id, template, demand } = request.message.payload;
  const { record, owner } = known;
  const used = deps.templates.get(record.template);
  const same =
    demand === undefined
      ? record.template === template
      : record.demand !== undefined && (used === undefined || covers(used, demand));
  if (!same) {
    const detail = `${spawn_id} was used for the template ${record.template}`;
    return refuse(deps, request, { code: 'IDEMPOTENCY_CONFLICT', detail, field: 'spawn_id' });
  }
  if (owner === deps.owner) await deps.reconciler.reconcile(spawn_id);
  return answerSpawn(deps, request, await stored(deps, spawn_id));
}

/** A refusal is answered and told to the feed in one step. */
function refuseSpawn(
  deps: SpawnerDeps,
  request: Request,
  code: 'TEMPLATE_UNKNOWN' | 'SPAWN_LIMIT',
  detail: string,
): Outcome {
  deps.metrics.refused.inc({ code });
  const { spawn_id, template, demand } = request.message.payload;
  const nowMs = deps.nowMs();
  const asked = demand === undefined ? { template } : { demand };
  const event = newMessage(
    SpawnRefusedV1,
    { spawn_id, ...asked, code, reason: detail, at_ms: nowMs },
    { sender: deps.instance, target: 'feed', nowMs },
  );
  const field = code === 'TEMPLATE_UNKNOWN' ? { field: demand === undefined ? 'template' : 'demand' } : {};
  return refuse(deps, request, { code, detail, ...field }, [
    { stream: deps.streams.agentsScaling, message: event },
  ]);
}
