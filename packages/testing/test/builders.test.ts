import { AgentRecord } from '@nova-torch/protocol';
import { anAgent, aTaskSpec } from '@nova-torch/testing';
import { expect, test } from 'vitest';

test('what is built is valid, and differs only in what was named', () => {
  expect(aTaskSpec({ title: 'Sing', priority: 'urgent' })).toMatchObject({
    title: 'Sing',
    priority: 'urgent',
    required_skills: ['shout'],
    max_retries: 3,
  });
  expect(() => aTaskSpec({ title: '' })).toThrow();
  const agent = anAgent({ role: 'qa', capacity: 3 });
  expect(AgentRecord.parse(agent)).toEqual(agent);
  expect(agent).toMatchObject({ role: 'qa', capacity: 3, status: 'idle' });
  expect(anAgent().agent_id).not.toBe(agent.agent_id);
});
