import { afterAll, afterEach, beforeAll } from 'vitest';
import {
  type Broker,
  type ConsumerSlot,
  createProducer,
  leaseConsumerSlot,
  openBroker,
  type Producer,
  type Service,
} from '../../src/index.ts';
import { startTestServer, type TestServer } from './redis-server.ts';
import { TAG, type ToyMessage, toyCodec } from './toy-catalog.ts';

/** A server with a connection, a consumer name of the group `toys`, and a producer. */
export interface Toys {
  readonly server: TestServer;
  readonly broker: Broker;
  readonly slot: ConsumerSlot;
  readonly producer: Producer<ToyMessage>;
}

/** Opens them before the tests and closes them after; what is pushed into the array it returns is stopped after each test. */
export function useToys(opened: (toys: Toys) => void, serverArgs: readonly string[] = []): Service[] {
  const started: Service[] = [];
  let toys: Toys | undefined;
  beforeAll(async () => {
    const server = await startTestServer(serverArgs);
    const broker = await openBroker({ url: server.url, name: 'test' });
    const slot = await leaseConsumerSlot(broker, {
      ...{ tag: TAG, group: 'toys', service: 'toy', instance: 'a' },
      ttlMs: 60_000,
    });
    toys = { server, broker, slot, producer: createProducer(broker, toyCodec) };
    opened(toys);
  });
  afterEach(async () => {
    for (const service of started.splice(0)) await service.stop();
  });
  afterAll(async () => {
    await toys?.slot.stop();
    await toys?.broker.close();
    await toys?.server.stop();
  });
  return started;
}
