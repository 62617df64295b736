import type { Service } from '@nova-torch/service-kit';
import { createLeaderLease } from '../loops/leader-lease.ts';
import type { Memory } from './memory.ts';
import { type ActiveSession, createActiveSession, type SessionOptions } from './session.ts';

export interface ActiveRole extends Service {
  /** What the active router remembers; undefined on a standby. */
  readonly memory: Memory | undefined;
  /** Its search for agents; undefined on a standby. */
  readonly search: ActiveSession['search'];
}

/** Makes this instance the active router whenever it holds the lease, one session for each term. */
export function createActiveRole(options: Omit<SessionOptions, 'term' | 'onNotLeader'>): ActiveRole {
  const { broker, env, instance, logger } = options.base;
  const { metrics, keys } = options;
  let session: ActiveSession | undefined;
  let endListening: () => void = () => undefined;

  const lease = createLeaderLease({
    broker,
    key: keys.leader,
    instance,
    leaseMs: env.NOVA_ROUTER_LEASE_MS,
    renewMs: env.NOVA_ROUTER_RENEW_MS,
    logger,
    async onGained(term) {
      logger.info({ term }, 'this router is the active one');
      metrics.leaderChanges.inc({ what: 'gained' });
      const gained = createActiveSession({ ...options, term, onNotLeader: () => lease.check() });
      session = gained;
      await gained.start().catch((error: unknown) => {
        logger.error({ err: error, term }, 'the active router could not start, beginning anew');
        lease.restart();
      });
    },
    async onLost(term) {
      logger.info({ term }, 'this router stands by');
      metrics.leaderChanges.inc({ what: 'lost' });
      const lost = session;
      session = undefined;
      await lost?.stop();
    },
  });
  return {
    get memory() {
      return session?.memory;
    },
    get search() {
      return session?.search;
    },
    async start() {
      let { runId } = broker.status();
      endListening();
      endListening = broker.on('reconnected', () => {
        // Another process under the same address may have less than what was written before: remember nothing of it.
        if (broker.status().runId !== runId) lease.restart();
        ({ runId } = broker.status());
      });
      await lease.start();
    },
    async stop() {
      endListening();
      await lease.stop();
    },
  };
}
