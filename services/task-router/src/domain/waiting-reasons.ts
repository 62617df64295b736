// Why tasks wait, counted by role. Pure.
import type { AgentIndex } from './agent-index.ts';
import type { Line } from './waiting-lines.ts';
import { isServed } from './wanted-agent.ts';

/** Nobody alive can do it; all who can are busy; or somebody has a slot, and it is being handed out. */
export type WaitingReason = 'no_agent' | 'no_slot' | 'matching';

export const WAITING_REASONS: readonly WaitingReason[] = ['no_agent', 'no_slot', 'matching'];

/** Stands for tasks that demand no role. A role of that name is counted with them. */
export const NO_ROLE = 'none';

export type ReasonCounts = Record<WaitingReason, number>;

/** How many tasks of each role wait for each reason. Looks at each class of demand once, whatever its number of tasks. */
export function countWaiting(lines: Iterable<Line>, agents: AgentIndex): Map<string, ReasonCounts> {
  const reasons = new Map<string, WaitingReason>();
  const byRole = new Map<string, ReasonCounts>();
  for (const { size, className, demand } of lines) {
    if (size === 0) continue;
    let reason = reasons.get(className);
    if (reason === undefined) {
      reason = reasonOf(demand, agents);
      reasons.set(className, reason);
    }
    const role = demand.role ?? NO_ROLE;
    const counts = byRole.get(role) ?? { no_agent: 0, no_slot: 0, matching: 0 };
    byRole.set(role, counts);
    counts[reason] += size;
  }
  return byRole;
}

function reasonOf(demand: Line['demand'], agents: AgentIndex): WaitingReason {
  if (agents.candidates(demand, 1).length > 0) return 'matching';
  return isServed(agents, demand) ? 'no_slot' : 'no_agent';
}
