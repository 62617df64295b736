import {
  boundsOf,
  deadLetterFields,
  policyName,
  type StreamField,
  UPKEEP_STREAMS,
} from '@nova-torch/protocol';
import {
  createDeadLetterTrimmer,
  createDelayedPromoter,
  createReclaimer,
  createTrimmer,
} from '@nova-torch/streams';
import { createDeadLetterConsumer } from './dead-letters/dead-letter-requests.ts';
import type { BaseEnv } from './env.ts';
import type { Service } from './service.ts';
import type { ServiceBase } from './service-base.ts';
import { observeStreamDepth } from './stream-depth.ts';
import { createTicker } from './ticker.ts';

/** The streams a service looks after: work streams it reads with the group of its name, feeds it writes. */
export interface UpkeepOptions {
  work: readonly StreamField[];
  feeds?: readonly StreamField[];
}

const RECLAIM_EVERY_MS = 2_000;
const JITTER = 0.2;

/**
 * The duties every stream needs, as parts for `assembleService`, to be put after the consumers: answering what is asked
 * about its dead letters and trimming them, taking over what dead consumers left, bringing back delayed messages, trimming what is done; and
 * gauges of what waits.
 */
export function streamUpkeep<E extends BaseEnv>(
  base: ServiceBase<E>,
  options: UpkeepOptions,
): Record<string, Service> {
  const { broker, env, logger, metrics, service, slot, streamMetrics, tickerMetrics } = base;
  const upkeep = options.work.length > 0 && service !== 'gateway' ? UPKEEP_STREAMS[service] : undefined;
  const workFields = upkeep === undefined ? options.work : [...options.work, upkeep];
  const work = workFields.map((field) => base.declare(field));
  const feeds = (options.feeds ?? []).map((field) => base.declare(field));
  const ticking = { logger, metrics: tickerMetrics, jitter: JITTER };

  const parts: Record<string, Service> = {};
  if (upkeep !== undefined) {
    parts[`consumer upkeep.${service}`] = createDeadLetterConsumer(base, upkeep);
    parts['loop dead-letter-trimmer'] = deadLetterTrimmer(base);
  }
  if (work.length > 0) {
    observeStreamDepth(broker, slot, metrics, work, service);
    const reclaimer = createReclaimer({
      broker,
      group: service,
      streams: work,
      slot,
      logger,
      metrics: streamMetrics,
    });
    parts['loop reclaimer'] = createTicker({
      ...ticking,
      name: 'reclaimer',
      everyMs: RECLAIM_EVERY_MS,
      run: async () => ({ ...(await reclaimer.runOnce()) }),
    });
    parts['loop delayed-promoter'] = createDelayedPromoter({ broker, streams: work, logger });
  }
  if (work.length + feeds.length > 0) {
    const trimmer = createTrimmer({ broker, streams: [...work, ...feeds], logger });
    parts['loop trimmer'] = createTicker({
      ...ticking,
      name: 'trimmer',
      everyMs: env.NOVA_TRIM_EVERY_MS,
      run: async () => ({ ...(await trimmer.runOnce()) }),
    });
  }
  return parts;
}

/** Of every stream whose dead letters the service keeps, those of the inboxes too. */
function deadLetterTrimmer<E extends BaseEnv>(base: ServiceBase<E>): Service {
  const { broker, env, logger, messaging, service, streams, streamMetrics, tickerMetrics } = base;
  const trimmer = createDeadLetterTrimmer({
    broker,
    streams: deadLetterFields(service).map((field) => ({
      key: `${streams.tag}.${policyName(field)}`,
      deadLetters: boundsOf(messaging[field].dead_letters),
    })),
    ...{ logger, metrics: streamMetrics },
  });
  return createTicker({
    ...{ logger, metrics: tickerMetrics, jitter: JITTER },
    name: 'dead-letter-trimmer',
    everyMs: env.NOVA_TRIM_EVERY_MS,
    run: () => trimmer.runOnce(),
  });
}
