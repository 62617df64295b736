import { randomBytes } from 'node:crypto';
import {
  codec,
  declareStream,
  type Message,
  type Messaging,
  type ServiceName,
  type StreamDeclaration,
  type StreamField,
  type StreamKeys,
  streamKeys,
} from '@nova-torch/protocol';
import {
  assertServerUsable,
  type Broker,
  type BrokerIdentity,
  type Codec,
  type ConsumerSlot,
  createBrokerIdentity,
  createProducer,
  createRequester,
  leaseConsumerSlot,
  type Producer,
  type Requester,
  type StreamMetrics,
} from '@nova-torch/streams';
import type { Tracing } from '@nova-torch/tracing';
import type { DestinationStream } from 'pino';
import { systemClock, type TimerClock } from './clock.ts';
import { type BaseEnv, envWarnings } from './env.ts';
import { createFlowBoard, type FlowBoard } from './flow/flow-board.ts';
import { createHealth, type Health } from './health.ts';
import { knownSecrets } from './known-secrets.ts';
import { createLogLevels, type LogLevels } from './log-levels.ts';
import { createLogger, type Logger, type LoggerOptions } from './logger.ts';
import { loadMessaging } from './messaging-file.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { startServiceTracing } from './service-tracing.ts';
import { streamMetrics } from './stream-metrics.ts';
import { type TickerMetrics, tickerMetrics } from './ticker.ts';
import { waitForBroker } from './wait-for-broker.ts';

/** What every service is built from. Nothing in it runs by itself except the broker's connection. */
export interface ServiceBase<E extends BaseEnv = BaseEnv> {
  readonly env: E;
  readonly service: ServiceName;
  /** The name of this process: sender of its messages, owner of its leases. */
  readonly instance: string;
  readonly logger: Logger;
  /** The level of the logger, which may be changed for a while. */
  readonly logLevels: LogLevels;
  readonly metrics: Metrics;
  readonly streamMetrics: StreamMetrics;
  readonly tickerMetrics: TickerMetrics;
  readonly tracing: Tracing;
  readonly broker: Broker;
  /** Tells when the broker is another one, or lost its data. */
  readonly identity: BrokerIdentity;
  readonly codec: Codec<Message>;
  readonly producer: Producer<Message>;
  readonly requester: Requester<Message>;
  /** The leased consumer name in the group of the service's name. */
  readonly slot: ConsumerSlot;
  readonly clock: TimerClock;
  readonly health: Health;
  /** Where what holds the flow back is made known: breakers, limits, shedding. */
  readonly flow: FlowBoard;
  readonly partition: number;
  /** The keys of all streams of the partition. */
  readonly streams: StreamKeys;
  /** The policy of every stream. */
  readonly messaging: Messaging;
  /** A stream of the partition with its policy. */
  declare(field: StreamField): StreamDeclaration;
  /** Lets go of what was opened here, for when the service is not assembled. Idempotent. */
  close(): Promise<void>;
}

/** Things a test may put in the place of the usual ones. */
export interface ServiceBaseOptions {
  clock?: TimerClock;
  /** Where log lines go; standard output unless told. */
  destination?: DestinationStream;
}

/**
 * Opens what each service needs: logger, metrics, tracing, the broker (waited for, then probed), producer, requester,
 * and a consumer name. Throws MessagingFileError before anything is opened; BrokerUnavailableError, BrokerAuthError or ProbeFailedError, after closing everything.
 */
export async function openServiceBase<E extends BaseEnv>(
  env: E,
  service: ServiceName,
  options: ServiceBaseOptions = {},
): Promise<ServiceBase<E>> {
  const instance = env.NOVA_INSTANCE ?? `${service}-${randomBytes(3).toString('hex')}`;
  const level = env.NOVA_LOG_LEVEL;
  const { clock = systemClock, destination } = options;
  const metrics = createMetrics(service);
  const logger = createLogger({
    ...{ service, instance, level, floodPerSecond: env.NOVA_LOG_FLOOD_PER_S, count: countLines(metrics) },
    secrets: knownSecrets(env),
    ...(destination && { destination }),
  });
  warnAboutEnv(env, logger);

  const messaging = loadMessaging(env.NOVA_MESSAGING_FILE);
  const flow = createFlowBoard(metrics);
  const [tracing, broker] = await Promise.all([
    startServiceTracing(env, { service, instance, logger, metrics, flow }),
    waitForBroker({ url: env.NOVA_BROKER_URL, name: instance, waitMs: env.NOVA_WAIT_FOR_BROKER_MS, logger }),
  ]);
  let slot: ConsumerSlot | undefined;
  const close = async (): Promise<void> => {
    await slot?.stop();
    await Promise.all([tracing.stop(), broker.close()]);
  };
  try {
    await assertServerUsable(broker);
    const { kind, version } = broker.status();
    logger.info({ broker: broker.address, kind, version }, 'connected to the broker');
    const partition = env.NOVA_PARTITION;
    const streams = streamKeys(partition);
    const { tag } = streams;
    const logLevels = createLogLevels(level, () => broker.serverNowMs());
    logLevels.follow(logger);
    slot = await leaseConsumerSlot(broker, { tag, group: service, service, instance, logger });
    const health = createHealth();
    health.check('broker', () => broker.status().connected || 'not connected');
    observeBroker(broker, metrics);
    return {
      env,
      service,
      instance,
      logger,
      logLevels,
      metrics,
      streamMetrics: streamMetrics(metrics),
      tickerMetrics: tickerMetrics(metrics),
      tracing,
      broker,
      identity: observeIdentity(createBrokerIdentity({ broker, tag, logger }), metrics),
      codec,
      producer: createProducer(broker, codec),
      requester: createRequester({ broker, codec, tag, instance, logger }),
      slot,
      clock,
      health,
      flow,
      partition,
      streams,
      messaging,
      declare: (field) => declareStream(partition, field, messaging),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A name like one we know is likely a slip of the pen; any other may be meant for another process. */
function warnAboutEnv(env: object, logger: Logger): void {
  for (const { variable, didYouMean } of envWarnings(env)) {
    if (didYouMean === undefined) logger.info({ variable }, 'environment variable not used by this service');
    else logger.warn({ variable, did_you_mean: didYouMean }, 'unknown environment variable');
  }
}

function countLines(metrics: Metrics): NonNullable<LoggerOptions['count']> {
  const written = metrics.counter({
    name: 'log_lines_total',
    help: 'Lines written to the log, by level.',
    labelNames: ['level'],
  });
  const suppressed = metrics.counter({
    name: 'log_lines_suppressed_total',
    help: 'Lines left out of the log because too many of their kind came in one second, by level.',
    labelNames: ['level'],
  });
  return (what, level) => (what === 'written' ? written : suppressed).inc({ level });
}

function observeIdentity(identity: BrokerIdentity, metrics: Metrics): BrokerIdentity {
  const changes = metrics.counter({
    name: 'broker_identity_changes_total',
    help: 'How often the broker came back without the data it had.',
  });
  identity.onChange(() => changes.inc());
  return identity;
}

function observeBroker(broker: Broker, metrics: Metrics): void {
  metrics.gauge({
    name: 'broker_connections',
    help: 'Open connections to the broker, by purpose.',
    labelNames: ['purpose'],
    collect() {
      this.reset();
      for (const [purpose, count] of Object.entries(broker.status().connections))
        this.set({ purpose }, count);
    },
  });
  const reconnects = metrics.counter({
    name: 'broker_reconnects_total',
    help: 'How often the connection to the broker was lost and came back.',
  });
  broker.on('reconnected', () => reconnects.inc());
}
