// POST /v1/spawn → the agent has registered, one after the other, with the real spawner and its real agent host.
import { streamKeys } from '@nova-torch/protocol';
import { within } from '../deadline.ts';
import { followFeed } from '../feed.ts';
import { Samples } from './samples.ts';
import type { Finding, Scene } from './scenario.ts';

const REGISTERED_WITHIN_MS = 60_000;

/** `times` spawns of the template; each agent is ended before the next. */
export async function measureSpawns(
  { client, broker }: Scene,
  template: string,
  times: number,
): Promise<Finding> {
  const samples = new Samples();
  const joined = new Map<string, number>();
  let onJoined: () => void = () => undefined;
  const feed = followFeed(broker, streamKeys(0).registryEvents, '$', (json) => {
    const agentId = /"agent\.joined\.v1".*?"agent_id":"([^"]+)"/.exec(json)?.[1];
    if (agentId === undefined) return;
    joined.set(agentId, performance.now());
    onJoined();
  });
  try {
    for (let round = 0; round < times; round += 1) {
      const calledAt = performance.now();
      const { agent_id } = await client.spawnAgent({ template });
      const registered = new Promise<void>((resolve) => {
        onJoined = () => joined.has(agent_id) && resolve();
        onJoined();
      });
      await within(REGISTERED_WITHIN_MS, `${agent_id} to register`, Promise.race([registered, feed.broken]));
      samples.add((joined.get(agent_id) ?? Number.NaN) - calledAt);
      await client.terminateAgent(agent_id, { force: true });
    }
  } finally {
    await feed.stop();
  }
  return { what: 'POST /v1/spawn → agent registered', goal: '≤ 5 s', samples };
}
