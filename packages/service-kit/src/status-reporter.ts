import {
  type AutonomyFigures,
  type Message,
  newMessage,
  ServiceStatusV1,
  type StreamKeys,
} from '@nova-torch/protocol';
import type { Broker, Producer } from '@nova-torch/streams';
import type { FlowReport } from './flow/flow-board.ts';
import type { Health } from './health.ts';
import type { Logger } from './logger.ts';
import { createService, type Service } from './service.ts';
import { createTicker } from './ticker.ts';

/**
 * Whose status is told, and how often (2 s unless told). `load` gives numbers that say how busy it is, `autonomy` what it
 * saw of the fleet's, if it did.
 */
export interface StatusReporterOptions {
  broker: Broker;
  producer: Producer<Message>;
  streams: StreamKeys;
  service: string;
  instance: string;
  health: Health;
  logger: Logger;
  load?: () => Record<string, number>;
  autonomy?: () => AutonomyFigures | undefined;
  flow?: () => FlowReport;
  /** Another thing to be done as often. */
  beside?: () => Promise<void>;
  /** Where the instance's HTTP server listens, once it does. */
  address?: () => string | undefined;
  /** The level of its log, while it is not the usual one. */
  logLevel?: () => ServiceStatusV1['payload']['log_level'];
  everyMs?: number;
}

const EVERY_MS = 2_000;

/** Publishes `service.status.v1` on the monitoring feed every two seconds, and a last one with `stopping`. */
export function createStatusReporter(options: StatusReporterOptions): Service {
  const { broker, producer, streams, service, instance, health, logger, everyMs = EVERY_MS } = options;
  const startedAtMs = broker.serverNowMs();

  const publish = async (stopping: boolean): Promise<void> => {
    const { ready, missing } = health.report();
    const status = {
      service,
      instance,
      ready: ready && !stopping,
      stopping,
      missing,
      address: options.address?.(),
      pid: process.pid,
      started_at_ms: startedAtMs,
      every_ms: everyMs,
      load: options.load?.() ?? {},
      autonomy: options.autonomy?.(),
      log_level: options.logLevel?.(),
      ...(options.flow && { flow: { ...options.flow(), connections: broker.status().connections } }),
    };
    const head = { sender: instance, target: 'monitoring', nowMs: broker.serverNowMs() };
    await producer.publish(streams.monitoring, newMessage(ServiceStatusV1, status, head));
  };

  const ticker = createTicker({
    name: 'status-reporter',
    everyMs,
    jitter: 0.05,
    logger,
    run: async () => void (await Promise.all([publish(false), options.beside?.()])),
  });
  return createService({
    name: 'status reporter',
    start: () => ticker.start(),
    async stop() {
      await ticker.stop();
      // The last word is a courtesy: readers find out by its absence too, so a broker that is gone does not matter.
      await publish(true).catch((error) =>
        logger.debug({ err: error }, 'the last status could not be published'),
      );
    },
  });
}
