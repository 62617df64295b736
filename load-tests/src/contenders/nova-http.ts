import { NovaClient } from '@nova-torch/client';
import type { Durability } from '@nova-torch/protocol';
import type { Contender, Contestant } from '../contest.ts';
import { startServices } from '../services.ts';
import { CAPACITY, joinContest, taskOf } from './nova.ts';

export interface HttpSettings {
  readonly agents: number;
  /** Tasks in one request, at most 1,000. */
  readonly batch: number;
  /** Requests under way at one time. */
  readonly atOnce: number;
  readonly durability: Durability;
}

/** Nova-Torch with the gateway between: `POST /v1/tasks/batch`; the rest as over the streams. */
export function novaOverHttp({ agents, batch, atOnce, durability }: HttpSettings): Contender {
  return {
    name: 'Nova-Torch over HTTP',
    settings: `POST /v1/tasks/batch of ${batch}, ${atOnce} at once, durability ${durability} → gateway → task-router → ${agents} agents of capacity ${CAPACITY} on the streams in one process → settled; registry running, no trace exporter`,
    async start(brokerUrl) {
      const services = await startServices(brokerUrl, ['registry', 'task-router', 'gateway']);
      const { pids, logs, stop } = services;
      const client = new NovaClient({ baseUrl: services.addresses.gateway ?? '', key: services.adminKey() });
      const submitBy = () => inBatches(client, { batch, atOnce, durability });
      return joinContest({ brokerUrl, agents, pids, logs, stop, submitBy });
    },
  };
}

function inBatches(
  client: NovaClient,
  { batch, atOnce, durability }: Omit<HttpSettings, 'agents'>,
): Contestant['submit'] {
  return async (from, count) => {
    let next = from;
    const send = async (): Promise<void> => {
      while (next < from + count) {
        const first = next;
        next = Math.min(from + count, first + batch);
        const tasks = Array.from({ length: next - first }, (_, i) => ({ ...taskOf(first + i), durability }));
        const { refused, results } = await client.submitTasks(tasks);
        if (refused === 0) continue;
        const why = results.find(({ error }) => error !== undefined)?.error;
        throw new Error(`${refused} of ${tasks.length} tasks were refused: ${JSON.stringify(why)}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, send));
  };
}
