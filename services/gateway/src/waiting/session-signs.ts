// Signs of death the gateway sees: an agent's pull closed before its answer. The registry then expects a sign of life
// within a second.
//
// S1  Closes are gathered for a moment: an agent that comes back at once never was gone.
// S2  When most connections close together, a network died, not the agents: nobody is reported (isBurst).
// S3  An agent that was reported and pulls again gets its last heartbeat repeated, which restores its window.
import type { AgentHeartbeatV1, AgentId } from '@nova-torch/protocol';
import { type Closed, isBurst, withinWindow } from '../domain/close-burst.ts';

type Heartbeat = AgentHeartbeatV1['payload'];

export interface SessionSigns {
  /** A pull's connection closed before its answer. */
  closed(agentId: AgentId): void;
  /** The agent pulls again. */
  returned(agentId: AgentId): void;
  /** A heartbeat passed through here. */
  heartbeat(heartbeat: Heartbeat): void;
  /** The agent left or was reaped. */
  forget(agentId: AgentId): void;
  /** Sends nothing any more. */
  stop(): void;
}

export interface SessionSignsOptions {
  /** How long closes are gathered. */
  gatherMs: number;
  /** How many pulls are open now. */
  openPulls(): number;
  /** Whether this agent has an open pull now: what closed then was an older connection of it. */
  isOpen(agentId: AgentId): boolean;
  nowMs(): number;
  sendSign(agentId: AgentId): void;
  repeatHeartbeat(heartbeat: Heartbeat): void;
  /** Counts what became of closes: `sent`, `returned` or `burst`. */
  count(outcome: 'sent' | 'returned' | 'burst', closes: number): void;
}

export function createSessionSigns(options: SessionSignsOptions): SessionSigns {
  const { gatherMs, nowMs, count } = options;
  const gathered = new Set<AgentId>();
  const reported = new Set<AgentId>();
  const heartbeats = new Map<AgentId, Heartbeat>();
  let recent: Closed[] = [];
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const flush = (): void => {
    timer = undefined;
    for (const agentId of gathered) {
      if (options.isOpen(agentId)) {
        gathered.delete(agentId);
        count('returned', 1);
      }
    }
    recent = withinWindow(recent);
    if (isBurst(recent, options.openPulls() + recent.length)) {
      count('burst', gathered.size);
    } else {
      for (const agentId of gathered) {
        reported.add(agentId);
        options.sendSign(agentId);
      }
      count('sent', gathered.size);
    }
    gathered.clear();
  };

  return {
    closed(agentId) {
      if (stopped) return;
      recent.push({ agentId, atMs: nowMs() });
      gathered.add(agentId);
      timer ??= setTimeout(flush, gatherMs);
    },
    returned(agentId) {
      if (gathered.delete(agentId)) count('returned', 1);
      const heartbeat = heartbeats.get(agentId);
      if (reported.delete(agentId) && heartbeat !== undefined) options.repeatHeartbeat(heartbeat);
    },
    heartbeat(heartbeat) {
      heartbeats.set(heartbeat.agent_id, heartbeat);
      reported.delete(heartbeat.agent_id);
    },
    forget(agentId) {
      gathered.delete(agentId);
      reported.delete(agentId);
      heartbeats.delete(agentId);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      timer = undefined;
      gathered.clear();
    },
  };
}
