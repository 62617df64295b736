import { AgentId } from '@nova-torch/protocol';
import { expect, it } from 'vitest';
import { registryKeys } from './keys.ts';

it('names keys that share the tag of their partition', () => {
  const id = AgentId.parse('agent-3-0193f2ab0193f2ab0193f2ab0193f2ab');
  const { agent, counted, inbox, ...fixed } = registryKeys(3);
  expect({ ...fixed, agent: agent(id), counted: counted(id), inbox: inbox(id) }).toEqual({
    index: '{nova.torch:3}:registry:agents',
    due: '{nova.torch:3}:registry:due',
    closings: '{nova.torch:3}:registry:closings',
    attendance: '{nova.torch:3}:registry:attendance',
    events: '{nova.torch:3}.registry.events',
    doorbell: '{nova.torch:3}.agents.doorbell',
    work: '{nova.torch:3}.registry',
    agent: `{nova.torch:3}:registry:agent:${id}`,
    counted: `{nova.torch:3}:registry:counted:${id}`,
    inbox: `{nova.torch:3}.agents.direct.${id}`,
  });
});
