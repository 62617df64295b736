import { startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll } from 'vitest';
import { startGateway, type TestGateway } from './gateway.ts';
import { type OtherServices, startOtherServices } from './other-services.ts';

/** A gateway, the other services' side of the contract, and the broker between them. */
export interface GatewayRig {
  readonly broker: TestBroker;
  readonly gateway: TestGateway;
  readonly others: OtherServices;
}

/** Opens them before the tests of a file and closes them after; `env` is the gateway's. */
export function useGateway(opened: (rig: GatewayRig) => void, env: Record<string, string> = {}): void {
  let rig: GatewayRig | undefined;
  beforeAll(async () => {
    const broker = await startTestBroker();
    const others = await startOtherServices(broker.url);
    const gateway = await startGateway(broker.url, env);
    rig = { broker, gateway, others };
    opened(rig);
  });
  afterAll(async () => {
    await rig?.gateway.stop();
    await rig?.others.stop();
    await rig?.broker.stop();
  });
}
