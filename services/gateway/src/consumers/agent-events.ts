import type { Message } from '@nova-torch/protocol';
import type { GatewayDeps } from '../deps.ts';

/** Follows agents as far as their pulls and signs are concerned; they may register at another gateway. */
export function onAgentEvent({ door, signs }: GatewayDeps, message: Message): void {
  switch (message.type) {
    case 'agent.joined.v1':
      door.newSession(message.payload.agent.agent_id);
      return;
    case 'agent.left.v1':
    case 'agent.failed.v1':
      signs.forget(message.payload.agent_id);
      return;
    case 'agent.reaped.v1':
      signs.forget(message.payload.agent_id);
      door.gone(message.payload.agent_id);
      return;
    default:
  }
}
