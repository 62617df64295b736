import {
  AgentGetV1,
  AgentReleasedV1,
  type EnvelopeFields,
  type Message,
  newMessage,
} from '@nova-torch/protocol';
import {
  type AssembledService,
  assembleService,
  createRateLimiter,
  createTicker,
  type RunCounts,
  type ServiceBase,
  streamUpkeep,
} from '@nova-torch/service-kit';
import { createConsumer } from '@nova-torch/streams';
import type { CollaborationDeps } from './consumers/deps.ts';
import { onPeerMessages } from './consumers/peer-messages.ts';
import { createAgentView } from './domain/agent-view.ts';
import type { CollaborationEnv } from './env.ts';
import { createAgentFollower } from './loops/agent-follower.ts';
import { createAgentReleaser } from './loops/agent-releaser.ts';
import { expireMessages } from './loops/message-expirer.ts';
import { pruneMessages } from './loops/message-pruner.ts';
import { createTurnKeeper } from './loops/turn-keeper.ts';
import { collaborationMetrics } from './metrics.ts';
import { collaborationKeys } from './store/keys.ts';
import { createMessageStore } from './store/message-store.ts';

const SWEEP_EVERY_MS = 30_000;
const PRUNE_EVERY_MS = 60_000;
const EXPIRE_EVERY_MS = 1_000;
/** How long the registry is asked about one agent while messages wait behind the question. */
const ASK_TIMEOUT_MS = 1_000;

/** Puts collaboration together: the read model of agents, the consumer of messages, and the loops. */
export function buildApp(base: ServiceBase<CollaborationEnv>): AssembledService {
  const { env, broker, codec, logger, clock, health, slot, requester, streams, instance } = base;
  const deps = depsOf(base);
  const { view, store } = deps;

  const consumer = createConsumer<Message>({
    ...{ broker, codec, group: base.service, consumer: slot, logger, metrics: base.streamMetrics },
    streams: [base.declare('collaborationPeer')],
    handlers: { batch: (batch, signal) => onPeerMessages(deps, batch, signal) },
  });

  const ticking = { logger, clock, metrics: base.tickerMetrics };
  const whileActive = (name: string, everyMs: number, run: () => Promise<RunCounts>) =>
    createTicker({ ...ticking, name, everyMs, run: async () => (turn.hasTurn ? run() : {}) });
  const releaser = createAgentReleaser(deps, env.NOVA_RELEASE_AGAIN_MS);
  const releasing = whileActive('agent-releaser', env.NOVA_TURN_MS, releaser.releaseGone);
  const sweeping = whileActive('unknown-sweeper', SWEEP_EVERY_MS, releaser.sweepUnknown);
  const bounds = { keepMs: env.NOVA_MESSAGE_TTL_MS, keepMax: env.NOVA_MESSAGES_MAX };
  const pruning = whileActive('message-pruner', PRUNE_EVERY_MS, () => pruneMessages(deps, bounds));

  const expiring = whileActive('message-expirer', EXPIRE_EVERY_MS, () => expireMessages(deps));

  const follower = createAgentFollower({
    ...{ broker, codec, requester, view, instance, logger },
    registry: streams.registry,
    events: streams.registryEvents,
    onSnapshot() {
      turn.wake();
      releasing.wake();
    },
    onEvent({ type }) {
      deps.metrics.agents.set(view.size);
      if (type === 'agent.failed.v1' || type === 'agent.left.v1') releasing.wake();
    },
  });
  const turn = createTurnKeeper({
    ttlMs: env.NOVA_TURN_MS,
    hold: store.holdTurn,
    mayWork: () => follower.loaded,
    work: {
      async start() {
        // What another replica had taken and not settled comes first: it was sent before what is new.
        await store.claimPending(base.service, slot.name);
        await consumer.start();
      },
      stop: () => consumer.stop(),
    },
    logger,
    onChange(active) {
      deps.metrics.active.set(active ? 1 : 0);
      for (const loop of [releasing, sweeping, pruning, expiring]) loop.wake();
    },
    ticker: (everyMs, run) => createTicker({ ...ticking, name: 'turn-keeper', everyMs, run }),
  });
  health.check('agents', () => follower.loaded || 'the registry has not given a snapshot yet');

  return assembleService(base, {
    parts: {
      'agents of the registry': follower,
      'consumer of messages, by turns': turn,
      'loop agent-releaser': releasing,
      'loop unknown-sweeper': sweeping,
      'loop message-pruner': pruning,
      'loop message-expirer': expiring,
      ...streamUpkeep(base, { work: ['collaborationPeer'], feeds: ['collaborationEvents'] }),
    },
    load: () => ({ agents: view.size, active: turn.hasTurn ? 1 : 0 }),
  });
}

function depsOf(base: ServiceBase<CollaborationEnv>): CollaborationDeps {
  const { env, broker, partition, instance, producer, requester, streams, tracing } = base;
  const store = createMessageStore({
    ...{ broker, partition, keys: collaborationKeys(partition), sender: instance },
    keepMs: env.NOVA_MESSAGE_TTL_MS,
    queuedMax: env.NOVA_QUEUED_MAX,
  });
  const senders = createRateLimiter();
  const perSecond = env.NOVA_MESSAGES_PER_S;
  const fields = (): EnvelopeFields => ({
    ...{ sender: instance, target: 'registry', nowMs: broker.serverNowMs() },
  });
  return {
    ...{ store, view: createAgentView(), partition, instance, tracing },
    scheduledMax: env.NOVA_SCHEDULED_MAX,
    metrics: collaborationMetrics(base.metrics),
    serverNowMs: () => broker.serverNowMs(),
    takeOne: (sender) => senders.take(sender, performance.now(), { perSecond, burst: 2 * perSecond }),
    async askAgent(agentId) {
      const question = newMessage(AgentGetV1, { agent_id: agentId }, fields());
      const answer = await requester.request(streams.registry, question, { timeoutMs: ASK_TIMEOUT_MS });
      if (answer.type === 'agent.state.v1') return answer.payload.agent;
      if (answer.type === 'request.refused.v1' && answer.payload.code === 'AGENT_UNKNOWN') return undefined;
      throw new Error(`the registry answered ${answer.type} about ${agentId}`);
    },
    async sendReleased(agentId) {
      const release = newMessage(AgentReleasedV1, { agent_id: agentId, by: 'collaboration' }, fields());
      await producer.publish(streams.registry, release);
    },
  };
}
