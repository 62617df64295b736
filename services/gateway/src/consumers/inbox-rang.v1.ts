import type { InboxRangV1 } from '@nova-torch/protocol';
import type { GatewayDeps } from '../deps.ts';

/** Lets the open pull of the agent look into its inbox. */
export function onInboxRang({ door }: GatewayDeps, message: InboxRangV1): void {
  door.ring(message.payload.agent_id);
}
