import { afterAll, beforeAll } from 'vitest';
import {
  asList,
  asNumber,
  type Broker,
  type ConsumerSlot,
  leaseConsumerSlot,
  openBroker,
} from '../../src/index.ts';
import { startTestServer, type TestServer } from './redis-server.ts';
import { TAG } from './toy-catalog.ts';

/** A broker and a consumer name of a model test's own. */
export interface ModelRig {
  readonly server: TestServer;
  readonly broker: Broker;
  readonly slot: ConsumerSlot;
  /** Entries taken and not acknowledged. */
  pendingOf(stream: string): Promise<number>;
}

/** Small nodes, so that whole ones are trimmed too. */
const SMALL_NODES = ['--stream-node-max-entries', '4'];

/** Opened before the tests of the file and closed after them. */
export function modelRig(): ModelRig {
  let open: { server: TestServer; broker: Broker; slot: ConsumerSlot } | undefined;
  const opened = () => {
    if (open === undefined) throw new Error('the rig is not open');
    return open;
  };
  beforeAll(async () => {
    const server = await startTestServer(SMALL_NODES);
    const broker = await openBroker({ url: server.url, name: 'model' });
    const slot = await leaseConsumerSlot(broker, {
      ...{ tag: TAG, group: 'toys', service: 'toy', instance: 'model', ttlMs: 60_000 },
    });
    open = { server, broker, slot };
  });
  afterAll(async () => {
    await opened().slot.stop();
    await opened().broker.close();
    await opened().server.stop();
  });
  return {
    get server() {
      return opened().server;
    },
    get broker() {
      return opened().broker;
    },
    get slot() {
      return opened().slot;
    },
    pendingOf: async (stream) =>
      asNumber(
        asList(
          await opened()
            .broker.call('XPENDING', stream, 'toys')
            .catch(() => []),
        )[0] ?? 0,
      ),
  };
}
