import { AgentAddress, type AgentId, type AgentRecord, newAgentId } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { createAgentView } from './agent-view.ts';
import { countReceipts, decodeReceipt, encodeReceipt, fittingReceipts } from './receipt.ts';
import { agentOf, chunkSize, resolveRecipients } from './recipients.ts';

const record = (agentId: AgentId, over: Partial<AgentRecord> = {}): AgentRecord => ({
  ...{ agent_id: agentId, role: 'developer', skills: [], status: 'idle', capacity: 1, last_heartbeat: 1 },
  ...{ current_tasks: [], host: 'h', transport: 'streams', pool: 'default', labels: {}, registered_at: 1 },
  ...{ version: 1, performance: { tasks_completed: 0, success_rate: 1, avg_completion_time: 0 } },
  ...over,
});
const envelope = {
  ...{ id: 'x', timestamp: 1, sender: 'registry', target: 'registry.events', priority: 'normal' as const },
};
const ids = Array.from({ length: 4 }, (_, n) => newAgentId(0, n + 1)).sort();
const [a, b, c, d] = ids as [AgentId, AgentId, AgentId, AgentId];

describe('the view of agents', () => {
  it('follows events, and is not led astray by old ones', () => {
    const view = createAgentView();
    view.replace([record(a, { version: 5 }), record(b, { role: 'qa' })]);
    view.apply({
      ...envelope,
      type: 'agent.joined.v1',
      payload: { agent: record(a, { version: 4, role: 'pm' }) },
    });
    expect(view.get(a)).toMatchObject({ role: 'developer', version: 5 });
    view.apply({ ...envelope, type: 'agent.updated.v1', payload: { agent: record(c, { status: 'busy' }) } });
    expect(view.live()).toEqual([a, b, c]);
    expect(view.live(({ role }) => role === 'qa')).toEqual([b]);
    const at = { at_ms: 1, reason: 'r' };
    view.apply({ ...envelope, type: 'agent.suspect.v1', payload: { agent_id: a, version: 6, ...at } });
    expect(view.live()).toEqual([a, b, c]);
    view.apply({
      ...envelope,
      type: 'agent.failed.v1',
      payload: { agent_id: a, version: 7, certain: true, ...at },
    });
    view.apply({ ...envelope, type: 'agent.suspect.v1', payload: { agent_id: a, version: 6, ...at } });
    view.apply({ ...envelope, type: 'agent.left.v1', payload: { agent_id: b, version: 2, ...at } });
    view.apply({ ...envelope, type: 'agent.left.v1', payload: { agent_id: d, version: 2, ...at } });
    expect(view.live()).toEqual([c]);
    expect(view.gone().map(({ agentId, status }) => [agentId, status])).toEqual([
      [a, 'failed'],
      [b, 'offline'],
    ]);
    view.apply({ ...envelope, type: 'agent.reaped.v1', payload: { agent_id: a, at_ms: 1 } });
    expect([view.size, view.get(a)]).toEqual([2, undefined]);
  });
});

describe('recipients', () => {
  const view = createAgentView();
  view.replace([
    record(a),
    record(b, { role: 'qa' }),
    record(c, { status: 'failed' }),
    record(d, { status: 'draining' }),
  ]);

  it('are who is there at the moment', () => {
    expect(agentOf(a)).toBe(a);
    expect(agentOf('broadcast')).toBe(undefined);
    expect(resolveRecipients(view, 'x', b)).toEqual({ kind: 'recipients', agentIds: [b] });
    expect(resolveRecipients(view, a, 'role:developer')).toEqual({ kind: 'recipients', agentIds: [a, d] });
    expect(resolveRecipients(view, a, 'broadcast')).toEqual({ kind: 'recipients', agentIds: [b, d] });
    expect(resolveRecipients(view, 'x', c)).toMatchObject({
      code: 'AGENT_UNKNOWN',
      detail: `${c} is failed`,
    });
    expect(resolveRecipients(view, 'x', newAgentId(0, 9))).toMatchObject({ code: 'AGENT_UNKNOWN' });
    expect(resolveRecipients(view, 'x', 'role:pm')).toMatchObject({ code: 'NO_RECIPIENT' });
  });

  it('are found by skill, label and team, live ones only', () => {
    const skills = [{ name: 'c++', level: 0.2 }];
    const other = createAgentView();
    other.replace([
      record(a, { skills, teams: ['blue', 'red'] }),
      record(b, { labels: { zone: 'a=b', toString: 'x' }, teams: ['blue'] }),
      record(c, { skills, labels: { zone: 'a=b' }, teams: ['red'], status: 'failed' }),
      record(d),
    ]);
    const found = (to: AgentAddress, from = 'x'): readonly AgentId[] | string => {
      const resolved = resolveRecipients(other, from, to);
      return resolved.kind === 'recipients' ? resolved.agentIds : resolved.code;
    };
    expect(found('skill:c++')).toEqual([a]);
    expect(found('skill:c')).toBe('NO_RECIPIENT');
    expect(found('label:zone=a=b')).toEqual([b]);
    expect(found('label:zone=a')).toBe('NO_RECIPIENT');
    expect(found('label:constructor=x')).toBe('NO_RECIPIENT');
    expect(found('team:blue')).toEqual([a, b]);
    expect(found('team:blue', a)).toEqual([b]);
    expect(found('team:red', a)).toBe('NO_RECIPIENT');
  });

  it('have addresses of six kinds; any other is said to be none', () => {
    const good = [a, 'role:qa', 'skill:c++', 'label:Zone one=', 'label:k=a=b\nc', 'team:blue-1', 'broadcast'];
    for (const address of good) expect(AgentAddress.parse(address)).toBe(address);
    for (const address of [
      '',
      'agent-0-1',
      'role:',
      'role:QA',
      'team:a b',
      'label:zone',
      'label:=x',
      'all',
      'x:y',
      7,
    ]) {
      const { error } = AgentAddress.safeParse(address);
      expect(error?.issues.map(({ message }) => message)).toEqual([
        expect.stringContaining('label:<name>=<value>'),
      ]);
    }
  });

  it('are posted to in bounded chunks', () => {
    expect(chunkSize(1_000, { count: 200, bytes: 1_000_000 })).toBe(200);
    expect(chunkSize(100_000, { count: 200, bytes: 1_000_000 })).toBe(10);
    expect(chunkSize(5_000_000, { count: 200, bytes: 1_000_000 })).toBe(1);
  });
});

describe('receipts', () => {
  it('survive being stored, whatever the reason says', () => {
    const receipt = { agent_id: a, state: 'undeliverable', at_ms: 5, reason: 'a|b' } as const;
    expect(decodeReceipt(a, encodeReceipt(receipt))).toEqual(receipt);
    expect(decodeReceipt(a, encodeReceipt({ state: 'queued', at_ms: 5.7 }))).toEqual({
      agent_id: a,
      state: 'queued',
      at_ms: 5,
    });
  });

  it('show those that need attention first when not all fit', () => {
    const receipts = ids.map((agent_id, n) => ({
      agent_id,
      state: n < 3 ? ('delivered' as const) : ('queued' as const),
      at_ms: 1,
    }));
    expect(countReceipts(receipts)).toEqual({ queued: 1, delivered: 3, undeliverable: 0, expired: 0 });
    expect(fittingReceipts(receipts, 10_000)).toEqual(receipts);
    const one = JSON.stringify(receipts[0]).length + 1;
    expect(fittingReceipts(receipts, 2 * one)).toEqual([receipts[3], receipts[0]]);
  });
});
