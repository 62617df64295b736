import type { AgentId, TaskSpec } from '@nova-torch/protocol';
import { type Grounds, keepDecision } from './decision.ts';
import { type Draft, move, ROUTER, send } from './draft.ts';
import { assigned } from './letters.ts';
import { raisedEpoch } from './task-record.ts';

/** Periods of an assignment, in milliseconds. */
export interface AssignmentPeriods {
  /** The agent may start without asking this long, and nobody else gets the task meanwhile. */
  readonly leaseMs: number;
  /** Not started by then: the task goes to another agent. Not shorter than the lease. */
  readonly startTimeoutMs: number;
}

export interface Assignment extends AssignmentPeriods {
  readonly agentId: AgentId;
  /** Random, unguessable: with the epoch it proves that a report belongs to this assignment. */
  readonly lease: string;
  readonly dependencyResults: Record<string, unknown>;
  readonly nowMs: number;
  /** Kept with the record, for whoever asks why. */
  readonly grounds?: Grounds;
}

/** Gives a ready task to an agent, under a higher epoch (invariant I5). */
export function assign(draft: Draft, assignment: Assignment): Draft {
  const { agentId, lease, nowMs } = assignment;
  const { live, spec } = draft.record;
  const { leaseMs, startTimeoutMs } = periodsOf(spec, assignment);
  const attempt = live.attempt + 1;
  const epoch = raisedEpoch(draft.record.epoch, nowMs);
  const held = move(draft, 'assigned', {
    atMs: nowMs,
    actor: ROUTER,
    reason: `given to ${agentId}`,
    agentId,
    epoch,
    live: {
      attempt,
      agent_id: agentId,
      lease,
      // Past its deadline nobody starts it: whoever was held up until then has to ask, and hears that it is over.
      lease_until_ms: Math.min(nowMs + leaseMs, live.expires_at_ms),
      assigned_at_ms: nowMs,
      start_by_ms: nowMs + Math.max(leaseMs, startTimeoutMs),
    },
  });
  const sent = send(held, assigned(held.record, agentId, assignment.dependencyResults));
  const { grounds } = assignment;
  return grounds === undefined
    ? sent
    : { ...sent, decision: keepDecision(grounds, { attempt, epoch, nowMs }) };
}

/** A task's own start timeout goes before the router's; the lease is not longer, for nobody else gets the task meanwhile. */
function periodsOf({ start_timeout: seconds }: TaskSpec, usual: AssignmentPeriods): AssignmentPeriods {
  if (seconds === undefined) return usual;
  const startTimeoutMs = Math.round(seconds * 1000);
  return { leaseMs: Math.min(usual.leaseMs, startTimeoutMs), startTimeoutMs };
}
