import { transportConformance } from '@nova-torch/agent-sdk/conformance';
import { startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { gatewayTransport, streamsTransport } from '../src/index.ts';
import { ADMIN_KEY, GatewayProcess } from './gateway-process.ts';
import { Platform } from './platform.ts';

let broker: TestBroker;
let platform: Platform;
let gateway: GatewayProcess;

beforeAll(async () => {
  broker = await startTestBroker({ appendonly: 'always' });
  platform = await Platform.open({ brokerUrl: broker.url });
  gateway = await GatewayProcess.start(broker.url);
});
afterAll(async () => {
  await gateway.stop();
  await platform.close();
  await broker.stop();
});

const runner = { describe, it };

transportConformance({
  name: 'streams',
  runner,
  connect: () => streamsTransport({ brokerUrl: broker.url }),
  platform: () => Object.assign(platform, { goAway: () => broker.kill9(), comeBack: () => broker.restart() }),
});

transportConformance({
  name: 'gateway',
  runner,
  connect: () => gatewayTransport({ apiUrl: gateway.apiUrl, adminKey: ADMIN_KEY }),
  platform: () => Object.assign(platform, { goAway: () => gateway.stop(), comeBack: () => gateway.start() }),
});
