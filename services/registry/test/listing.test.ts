import { type AgentRecord, newAgentId } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { list, type RegistryRig, startRegistry, startRig } from './support/registry-rig.ts';

let rig: RegistryRig;
let registry: AssembledService;

beforeAll(async () => {
  rig = await startRig();
  registry = await startRegistry(rig.server.url, { NOVA_HEARTBEAT_MS: '60000', NOVA_AGENTS_MAX: '520' });
});
afterAll(async () => {
  await registry.stop();
  await rig.stop();
});

async function page(question: Parameters<typeof list>[0]) {
  const answer = await rig.ask(list(question));
  if (answer.type !== 'agent.page.v1') throw new Error(JSON.stringify(answer));
  return answer.payload;
}

async function everything(question: Parameters<typeof list>[0] = {}): Promise<AgentRecord[]> {
  const found: AgentRecord[] = [];
  for (let cursor: string | undefined; ; ) {
    const { agents, next_cursor } = await page({ ...question, cursor });
    found.push(...agents);
    if (next_cursor === undefined) return found;
    cursor = next_cursor;
  }
}

it('answers with an empty page and the beginning of the feed before anybody came', async () => {
  expect(await page({})).toEqual({ agents: [], feed_id: '0-0' });
});

it('lists everybody by pages, in order, each once, with filters', async () => {
  const ids = await Promise.all(
    Array.from({ length: 520 }, async (_, n) => {
      const skills = n % 2 === 0 ? ['go', 'sql'] : ['go', 'a'.repeat(60)];
      const { agent_id } = await rig.register({ role: n % 10 === 0 ? 'qa' : 'developer', skills });
      return agent_id;
    }),
  );
  const all = await everything({ limit: 100 });
  expect(all.map(({ agent_id }) => agent_id)).toEqual(ids.toSorted());
  expect(await everything()).toHaveLength(520);
  expect(await everything({ role: 'qa', limit: 7 })).toHaveLength(52);
  expect(await everything({ role: 'developer', skills: ['sql', 'go'] })).toHaveLength(208);
  expect(await everything({ skills: ['sql'], status: 'idle' })).toHaveLength(260);
  expect(await everything({ status: 'busy' })).toEqual([]);
});

it('gives the feed id from before the records, so that nothing between page and feed is missed', async () => {
  const { feed_id } = await page({ limit: 1 });
  const joined = await rig.events();
  expect(joined).toHaveLength(520);
  const newest = await rig.broker.call('XREVRANGE', '{nova.torch}.registry.events', '+', '-', 'COUNT', 1);
  expect(newest).toMatchObject([[feed_id, expect.anything()]]);
});

it('has room for so many agents and no more', async () => {
  await expect(rig.register()).rejects.toThrow('OVERLOADED');
  const [first] = (await page({ limit: 1 })).agents;
  expect(await rig.register({ agent_id: first?.agent_id ?? newAgentId(0, 0) })).toMatchObject({
    status: 'idle',
  });
});
