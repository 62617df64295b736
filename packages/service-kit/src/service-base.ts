import { randomBytes } from 'node:crypto';
import { knownSecrets } from '@nova-torch/logging';
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
import { type BrokerWatch, observeBroker } from './broker-metrics.ts';
import { systemClock, type TimerClock } from './clock.ts';
import { type BaseEnv, envWarnings } from './env.ts';
import { createFlowBoard, type FlowBoard } from './flow/flow-board.ts';
import { createHealth, type Health } from './health.ts';
import { createLogLevels, type LogLevels } from './log-levels.ts';
import { createLogger, type Logger } from './logger.ts';
import { loadMessaging } from './messaging-file.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createServiceMetrics, observeHealth, type ServiceMetrics } from './service-metrics.ts';
import { startServiceTracing } from './service-tracing.ts';
import { streamMetrics } from './stream-metrics.ts';
import type { TickerMetrics } from './ticker.ts';
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
  readonly serviceMetrics: ServiceMetrics;
  readonly brokerWatch: BrokerWatch;
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

/** What the environment does not say, and things a test may put in the place of the usual ones. */
export interface ServiceBaseOptions {
  clock?: TimerClock;
  /** Where log lines go; standard output unless told. */
  destination?: DestinationStream;
  /** Values beyond those of the environment that must not be in any line of the log, nor in spans. */
  secrets?: readonly string[];
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
  const { clock = systemClock } = options;
  const metrics = createMetrics(service, { enabled: env.NOVA_METRICS });
  const serviceMetrics = createServiceMetrics(metrics);
  const secrets = [...knownSecrets(env), ...(options.secrets ?? [])];
  const logger = openLog(env, { service, instance }, serviceMetrics, { ...options, secrets });
  warnAboutEnv(env, logger);

  const messaging = loadMessaging(env.NOVA_MESSAGING_FILE);
  const flow = createFlowBoard(metrics, serviceMetrics);
  const [tracing, broker] = await Promise.all([
    startServiceTracing(env, { service, instance, logger, flow, secrets, spans: serviceMetrics.spans }),
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
    slot = await leaseConsumerSlot(broker, { tag, group: service, service, instance, logger });
    const health = createHealth();
    health.check('broker', () => broker.status().connected || 'not connected');
    observeHealth(metrics, serviceMetrics, health);
    const identity = createBrokerIdentity({ broker, tag, logger });
    return {
      env,
      service,
      instance,
      logger,
      logLevels: levelsOf(env, logger, broker),
      metrics,
      streamMetrics: streamMetrics(metrics),
      serviceMetrics,
      tickerMetrics: serviceMetrics,
      brokerWatch: observeBroker(broker, identity, metrics),
      tracing,
      broker,
      identity,
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

/** The log of a process: its lines counted, without the secrets that are known. */
function openLog(
  env: BaseEnv,
  names: { service: string; instance: string },
  { logLines, logLinesSuppressed }: ServiceMetrics,
  { destination, secrets = [] }: ServiceBaseOptions,
): Logger {
  return createLogger({
    ...{ ...names, level: env.NOVA_LOG_LEVEL, floodPerSecond: env.NOVA_LOG_FLOOD_PER_S },
    secrets,
    count: (what, level) => (what === 'written' ? logLines : logLinesSuppressed).inc({ level }),
    ...(destination && { destination }),
  });
}

function levelsOf(env: BaseEnv, logger: Logger, broker: Broker): LogLevels {
  const levels = createLogLevels(env.NOVA_LOG_LEVEL, () => broker.serverNowMs());
  levels.follow(logger);
  return levels;
}
