import { AgentId, MessageId } from '@nova-torch/protocol';
import { expect, it } from 'vitest';
import { collaborationKeys } from './keys.ts';

it('names keys that share the tag of their partition', () => {
  const agent = AgentId.parse('agent-0-0193f2ab0193f2ab0193f2ab0193f2ab');
  const id = MessageId.parse('msg-0-0193f2ab0193f2ab0193f2ab0193f2ab');
  const { message, receipts, queued, inbox, ...fixed } = collaborationKeys(0);
  expect({
    ...{ ...fixed, message: message(id), receipts: receipts(id) },
    ...{ queued: queued(agent), inbox: inbox(agent) },
  }).toEqual({
    messages: '{nova.torch}:collaboration:messages',
    holders: '{nova.torch}:collaboration:holders',
    expiring: '{nova.torch}:collaboration:expiring',
    delayed: '{nova.torch}.collaboration.peer.delayed',
    delayedBodies: '{nova.torch}.collaboration.peer.delayed.body',
    active: '{nova.torch}:collaboration:active',
    peer: '{nova.torch}.collaboration.peer',
    deadLetters: '{nova.torch}.collaboration.peer.dlq',
    events: '{nova.torch}.collaboration.events',
    doorbell: '{nova.torch}.agents.doorbell',
    message: `{nova.torch}:collaboration:message:${id}`,
    receipts: `{nova.torch}:collaboration:receipts:${id}`,
    queued: `{nova.torch}:collaboration:queued:${agent}`,
    inbox: `{nova.torch}.agents.direct.${agent}`,
  });
});
