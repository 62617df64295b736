// The search for agents with this test as the spawner, on a real broker with the real registry: what is sent when, and
// what a router that takes over makes of what the one before left.
import { AgentSpawnV1, type Message, newSpawnId, SpawnChangedV1, SpawnRecord } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { asHash } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { WantedAgents } from '../src/store/wanted-agents.ts';
import { keys, type Rig, startRig, startRouter, streams } from './support/rig.ts';
import { say } from './support/say.ts';

const ENV = {
  NOVA_DEMAND_AFTER_MS: '100',
  NOVA_DEMAND_ANSWER_MS: '1000',
  NOVA_DEMAND_BACKOFF_MS: '100',
  NOVA_DEMAND_OPEN_MAX: '2',
};

let rig: Rig;
let router: AssembledService | undefined;

beforeAll(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await router?.stop();
  router = undefined;
  await rig.broker.call('DEL', streams.agentsSpawning);
  await rig.broker.call('DEL', keys.wanted);
});
afterAll(async () => {
  await rig.stop();
});

const start = async () => {
  router = await startRouter(rig.url, ENV);
};
/** Requests for an agent with this skill, oldest first. */
const requests = async (skill: string) =>
  (await rig.messages(streams.agentsSpawning)).flatMap((message: Message) =>
    message.type === AgentSpawnV1.type && message.payload.demand?.skills.includes(skill) ? [message] : [],
  );
const asked = (skill: string, count: number) =>
  eventually(
    async () => {
      const found = await requests(skill);
      expect(found.length).toBeGreaterThanOrEqual(count);
      return found;
    },
    { timeoutMs: 15_000 },
  );

it('asks under one spawn id until it is answered, and not at all when somebody alive can do it', async () => {
  const agent = await rig.agent({ registration: { skills: ['busy'] }, work: () => undefined });
  await start();
  const busy = [
    await rig.submit({ required_skills: ['busy'] }),
    await rig.submit({ required_skills: ['busy'] }),
  ];
  const taskId = await rig.submit({ required_skills: ['rare'] });
  const sent = await asked('rare', 2);
  expect(new Set(sent.map(({ payload }) => payload.spawn_id)).size).toBe(1);
  expect(await requests('busy')).toEqual([]);
  expect((await rig.task(taskId)).waiting_for).toMatch(
    /none is registered; the spawner was asked for one \d+ s ago/,
  );
  for (const one of [...busy, taskId]) await rig.cancel(one);
  await agent.stop();
});

it('sends what the router before had stored and never sent, under the same id', async () => {
  await start();
  const taskId = await rig.submit({ required_skills: ['orphan'] });
  await asked('orphan', 1);
  await router?.stop();
  router = undefined;
  // As a router that was killed between storing and sending left it.
  const store = new WantedAgents(rig.broker, keys);
  const before = await store.get('*|orphan');
  const spawnId = newSpawnId(0, Date.now());
  const term = Number(asHash(await rig.broker.call('HGETALL', keys.leader))?.term);
  if (before === undefined) throw new Error('nothing is stored');
  expect(await store.put(term, '*|orphan', before, { ...before, spawnId })).toBe(true);
  await rig.broker.call('DEL', streams.agentsSpawning);
  await start();
  const [first] = await asked('orphan', 1);
  expect(first?.payload.spawn_id).toBe(spawnId);
  // Who was active before may not write any more, whatever it still has in hand.
  await expect(store.put(term, '*|orphan', undefined, before)).rejects.toThrow();
  await rig.cancel(taskId);
});

it('asks for no more than two at once, for the third when one of them is over', async () => {
  await start();
  const skills = ['one', 'two', 'three'];
  const tasks = await Promise.all(skills.map((skill) => rig.submit({ required_skills: [skill] })));
  const open = async () => {
    const found = await Promise.all(skills.map(requests));
    return skills.filter((_, i) => (found[i] ?? []).length > 0);
  };
  await eventually(async () => expect(await open()).toHaveLength(2), { timeoutMs: 15_000 });
  const [skill = ''] = await open();
  const [request] = await requests(skill);
  if (request === undefined) throw new Error('it was not asked for');
  const spawn = SpawnRecord.parse({
    spawn_id: request.payload.spawn_id,
    agent_id: 'agent-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5063',
    template: 'some',
    role: 'developer',
    state: 'running',
    requested_by: 'task-router',
    host: 'here',
    requested_at_ms: Date.now(),
  });
  // While nobody answers, the third is not asked for, however often the others are repeated.
  await asked(skill, 2);
  expect(await open()).toHaveLength(2);
  await rig.send(streams.agentsScaling, say(SpawnChangedV1, { spawn }));
  await eventually(async () => expect(await open()).toHaveLength(3), { timeoutMs: 15_000 });
  for (const taskId of tasks) await rig.cancel(taskId);
});
