import { type AgentId, newAgentId } from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { expect, test } from 'vitest';
import { createSessionSigns } from './session-signs.ts';

function setup() {
  const sent: AgentId[] = [];
  const beats: AgentId[] = [];
  const counts = { sent: 0, returned: 0, burst: 0 };
  const open = new Set<AgentId>();
  let nowMs = 0;
  const signs = createSessionSigns({
    gatherMs: 5,
    openPulls: () => open.size,
    isOpen: (agentId) => open.has(agentId),
    nowMs: () => nowMs,
    sendSign: (agentId) => void sent.push(agentId),
    repeatHeartbeat: ({ agent_id }) => void beats.push(agent_id),
    count: (outcome, closes) => {
      counts[outcome] += closes;
    },
  });
  const advance = (ms: number) => {
    nowMs += ms;
  };
  return { signs, sent, beats, counts, open, advance };
}
const agents = (count: number) => Array.from({ length: count }, () => newAgentId(0, 1));
const [ada, ben] = agents(2) as [AgentId, AgentId];
const beat = (agent_id: AgentId) => ({ agent_id, current_tasks: [], draining: false });

test('an agent that comes back within the moment never was gone', async () => {
  const { signs, sent, counts, beats } = setup();
  signs.heartbeat(beat(ada));
  signs.closed(ada);
  signs.closed(ben);
  signs.returned(ada);
  await eventually(() => sent.length === 1);
  expect(sent).toEqual([ben]);
  expect(counts).toEqual({ sent: 1, returned: 1, burst: 0 });
  expect(beats).toEqual([]);
});

test('an older connection of an agent that pulls already says nothing', async () => {
  const { signs, sent, counts, open } = setup();
  open.add(ada);
  signs.closed(ada);
  await eventually(() => counts.returned === 1);
  expect(sent).toEqual([]);
});

test('an agent that was reported gets its heartbeat repeated once, unless it sent one', async () => {
  const { signs, sent, beats, advance } = setup();
  signs.heartbeat(beat(ada));
  signs.closed(ada);
  await eventually(() => sent.length === 1);
  signs.returned(ada);
  signs.returned(ada);
  expect(beats).toEqual([ada]);
  advance(2_000);
  signs.closed(ada);
  await eventually(() => sent.length === 2);
  signs.heartbeat(beat(ada));
  signs.returned(ada);
  expect(beats).toEqual([ada]);
});

test('most of them at once is a network, and later closes count anew', async () => {
  const { signs, sent, counts, advance } = setup();
  for (const agentId of agents(6)) signs.closed(agentId);
  await eventually(() => counts.burst === 6);
  expect(sent).toEqual([]);
  advance(1_001);
  signs.closed(ada);
  await eventually(() => sent.length === 1);
});

test('nothing is said of agents that left, and after a stop', async () => {
  const { signs, sent } = setup();
  signs.closed(ada);
  signs.forget(ada);
  signs.closed(ben);
  await eventually(() => sent.length === 1);
  expect(sent).toEqual([ben]);
  signs.closed(ada);
  signs.stop();
  signs.closed(ben);
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toEqual([ben]);
});
