import { BROKER_METRICS } from '@nova-torch/metrics';
import { type Broker, type BrokerIdentity, parseServerLoad, type ServerLoad } from '@nova-torch/streams';
import type { Metrics } from './metrics.ts';

/** What must be called from time to time for the metrics of the broker. */
export interface BrokerWatch {
  /** Sends a PING and notes how long its answer took; notes nothing if there is none. */
  measureRoundTrip(): Promise<void>;
}

/** Makes the metrics of the broker as this process sees it. INFO is asked once per scrape. */
export function observeBroker(broker: Broker, identity: BrokerIdentity, metrics: Metrics): BrokerWatch {
  const made = metrics.make(BROKER_METRICS);
  metrics.measure(made.connected, () => (broker.status().connected ? 1 : 0));
  metrics.measureEach(made.info, () => {
    const { kind, version } = broker.status();
    return [[{ kind, version }, 1]];
  });
  metrics.measureEach(made.connections, () =>
    Object.entries(broker.status().connections).map(([purpose, count]) => [{ purpose }, count] as const),
  );
  metrics.measure(made.clockOffset, () => (broker.serverNowMs() - Date.now()) / 1000);
  broker.on('reconnected', () => made.reconnects.inc());
  identity.onChange(() => made.identityChanges.inc());

  const load = loadReader(broker);
  const show = (gauge: typeof made.clients, pick: (load: ServerLoad) => number | undefined): void =>
    metrics.measure(gauge, async () => pick(await load()));
  show(made.memoryUsed, ({ memoryUsedBytes }) => memoryUsedBytes);
  show(made.memoryMax, ({ memoryMaxBytes }) => memoryMaxBytes);
  show(made.clients, ({ clients }) => clients);
  show(made.commands, ({ commandsPerSecond }) => commandsPerSecond);
  show(made.snapshotAge, ({ savedAtMs }) =>
    savedAtMs === undefined ? undefined : Math.max(0, broker.serverNowMs() - savedAtMs) / 1000,
  );
  show(made.persistenceOk, ({ persistenceOk: ok }) => (ok === undefined ? undefined : Number(ok)));
  return {
    async measureRoundTrip() {
      const startedAt = performance.now();
      const answered = await broker.call('PING').catch(() => undefined);
      if (answered !== undefined) made.roundTrip.observe((performance.now() - startedAt) / 1000);
    },
  };
}

/** Asks INFO once for all that want to know in the same turn. */
function loadReader(broker: Broker): () => Promise<ServerLoad> {
  let asking: Promise<ServerLoad> | undefined;
  return () => {
    asking ??= broker
      .call('INFO')
      .then(parseServerLoad)
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
}
