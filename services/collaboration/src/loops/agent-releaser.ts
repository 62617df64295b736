// Lets go of agents that are gone: what is queued for them becomes undeliverable, then the registry is told.
import type { AgentId, MessageId } from '@nova-torch/protocol';
import type { CollaborationDeps } from '../consumers/deps.ts';
import { isGone, type KnownAgent } from '../domain/agent-view.ts';
import type { UndeliverableReason } from '../store/settle-undeliverable.ts';

/** Messages settled in one script call. */
const SETTLED_AT_ONCE = 50;
const HOLDERS_PAGE = 256;
/** An agent for which something was queued so recently is not looked at: the read model may be behind. */
const SETTLING_MS = 2_000;

export interface AgentReleaser {
  /** Releases every agent that is gone and was not released yet, or not reaped for long after. */
  releaseGone(): Promise<{ released: number; undeliverable: number }>;
  /** Settles what is still queued for agents nobody knows any more. */
  sweepUnknown(): Promise<{ unknown: number; undeliverable: number }>;
}

/** Makes a releaser that repeats a release every `againMs` until the agent is reaped. */
export function createAgentReleaser(deps: CollaborationDeps, againMs: number): AgentReleaser {
  const { view, store, metrics, sendReleased, askAgent } = deps;
  /** When and as of which version an agent was released. */
  const released = new Map<AgentId, { readonly version: number; readonly atMs: number }>();

  const settleAll = async (
    agentId: AgentId,
    reason: UndeliverableReason,
    goOn: () => boolean,
  ): Promise<number> => {
    let settled = 0;
    while (goOn()) {
      const ids = await store.readQueued(agentId, SETTLED_AT_ONCE);
      if (ids.length === 0) break;
      settled += await store.settle(agentId, await withHeads(ids), reason);
    }
    metrics.receipts.inc({ outcome: 'undeliverable' }, settled);
    return settled;
  };
  const withHeads = async (ids: readonly MessageId[]) => {
    const messages = await store.read(ids);
    return ids.map((messageId, index) => ({ messageId, head: messages[index]?.head }));
  };
  const isDue = ({ agentId, version }: KnownAgent, nowMs: number): boolean => {
    const before = released.get(agentId);
    return before === undefined || before.version !== version || nowMs - before.atMs >= againMs;
  };

  return {
    async releaseGone() {
      const counts = { released: 0, undeliverable: 0 };
      for (const agentId of released.keys()) if (view.get(agentId) === undefined) released.delete(agentId);
      for (const agent of view.gone()) {
        const { agentId, version } = agent;
        const nowMs = deps.serverNowMs();
        if (!isDue(agent, nowMs)) continue;
        const stillGone = (): boolean => {
          const known = view.get(agentId);
          return known !== undefined && isGone(known);
        };
        counts.undeliverable += await settleAll(agentId, reasonOf(agent), stillGone);
        if (!stillGone()) continue;
        await sendReleased(agentId);
        released.set(agentId, { version, atMs: nowMs });
        metrics.released.inc();
        counts.released += 1;
      }
      return counts;
    },

    async sweepUnknown() {
      const counts = { unknown: 0, undeliverable: 0 };
      const untilMs = deps.serverNowMs() - SETTLING_MS;
      for (let offset = 0; ; ) {
        const page = await store.readHolders(untilMs, { offset, limit: HOLDERS_PAGE });
        for (const agentId of page) {
          if (view.get(agentId) !== undefined || (await askAgent(agentId)) !== undefined) continue;
          const reason = { code: 'agent_unknown', text: 'the agent does not exist any more' } as const;
          counts.undeliverable += await settleAll(agentId, reason, () => true);
          counts.unknown += 1;
        }
        if (page.length < HOLDERS_PAGE) return counts;
        offset += page.length;
      }
    },
  };
}

const reasonOf = ({ status }: KnownAgent): UndeliverableReason =>
  status === 'failed'
    ? { code: 'agent_failed', text: 'the agent failed before it took the message' }
    : { code: 'agent_left', text: 'the agent left before it took the message' };
