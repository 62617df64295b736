import { anAgent } from '@nova-torch/testing';
import { expect, test } from 'vitest';
import type { Agent } from './agent.ts';
import { countAgent, newCensus } from './census.ts';

const agent = (record: Partial<Agent['record']>, heardMs: number, departed = false): Agent => ({
  record: { ...anAgent(), ...record } as Agent['record'],
  state: {
    registered_by: 'x',
    registered_ms: 0,
    counts: { completed: 0, failed: 0, seconds: 0 },
    ...(departed && { departure: { how: 'failed', at_ms: 1, certain: true, reason: 'it ended' } as const }),
  },
  heardMs,
});

test('agents are counted by role and status, slots of those that are not gone', () => {
  const census = newCensus();
  const busy = { role: 'qa', status: 'active', capacity: 3, current_tasks: ['a', 'b'] } as const;
  countAgent(census, agent({ ...busy, current_tasks: [...busy.current_tasks] }, 500));
  countAgent(census, agent({ role: 'qa', status: 'idle', capacity: 1, current_tasks: [] }, 300));
  countAgent(census, agent({ role: 'qa', status: 'failed', capacity: 9, current_tasks: [] }, 100, true));
  countAgent(census, agent({ role: 'pm', status: 'idle', capacity: 1, current_tasks: [] }, 400));
  expect(census.oldestHeardMs).toBe(300);
  expect(census.roles.get('qa')).toEqual({
    byStatus: new Map([
      ['active', 1],
      ['idle', 1],
      ['failed', 1],
    ]),
    total: 3,
    used: 2,
    free: 2,
  });
  expect(census.roles.get('pm')).toMatchObject({ total: 1, used: 0, free: 1 });
});
