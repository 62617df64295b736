import type { ServiceStatusV1 } from '@nova-torch/protocol';
import type { GatewayDeps } from '../deps.ts';

/** Remembers what an instance says of itself. */
export function onServiceStatus({ fleet }: GatewayDeps, message: ServiceStatusV1): void {
  fleet.observe(message.payload, message.timestamp * 1000);
}
