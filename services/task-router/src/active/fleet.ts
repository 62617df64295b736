import type { AgentId } from '@nova-torch/protocol';
import { createService, type Service } from '@nova-torch/service-kit';
import type { AgentView, FleetListener } from '../agents/agent-view.ts';
import { freeSlots } from '../domain/indexed-agent.ts';
import type { AgentReleaser } from '../loops/agent-releaser.ts';
import type { WakeableLoop } from '../loops/wakeable-loop.ts';
import type { ActiveDeps } from './deps.ts';
import type { Matcher } from './matcher.ts';

/** What changes in the fleet mean to the active router. */
export interface Fleet extends Service {
  /** The agent may have a free slot now. */
  freed(agentId: AgentId): void;
  /** The agent is gone: its tasks go to others. */
  gone(agentId: AgentId, certain: boolean, reason: string): void;
}

export interface FleetOptions {
  readonly deps: ActiveDeps;
  readonly view: AgentView;
  readonly matcher: Matcher;
  readonly releaser: AgentReleaser;
  readonly releasing: WakeableLoop;
  /** An agent is gone; others may be wanted. */
  readonly onGone: () => void;
  /** An agent is new, or changed. */
  readonly onChanged: () => void;
}

export function createFleet({
  deps,
  view,
  matcher,
  releaser,
  releasing,
  onGone,
  onChanged,
}: FleetOptions): Fleet {
  const { memory, ledger, nowMs } = deps;
  const freed = (agentId: AgentId): void => {
    const agent = memory.agents.get(agentId);
    if (agent === undefined || freeSlots(agent) === 0) return;
    matcher.unpark(agent);
    matcher.wake(memory.lines.servedBy(agent));
  };
  const gone = (agentId: AgentId, certain: boolean, reason: string): void => {
    releaser.add(agentId, { certain, reason, atMs: nowMs() });
    releasing.wake();
    onGone();
  };
  const listener: FleetListener = {
    changed(agentId) {
      releaser.back(agentId);
      // An agent that is known anew starts without slots in use; what it holds is known here.
      if (ledger.quiet(agentId) !== undefined)
        memory.agents.setTaken(agentId, memory.held.of(agentId).length);
      freed(agentId);
      onChanged();
    },
    gone: (agentId, certain) => gone(agentId, certain, certain ? 'it ended or left' : 'it was not heard of'),
    reaped(agentId) {
      if (memory.held.of(agentId).length > 0) gone(agentId, true, 'its record is deleted');
    },
    reloaded() {
      for (const { id, record } of memory.agents.agents()) {
        if (record.status === 'failed') gone(id, false, 'it failed');
        if (record.status === 'offline') gone(id, true, 'it left');
      }
      matcher.wake(memory.lines.lines());
    },
  };
  const service = createService({
    name: 'fleet',
    start() {
      view.listen(listener);
      listener.reloaded();
    },
    stop: () => view.listen(undefined),
  });
  return { ...service, freed, gone };
}
