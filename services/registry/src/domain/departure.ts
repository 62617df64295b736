import { type Agent, type AgentChange, changed, isGone, reopened } from './agent.ts';
import { concerns, type Sign } from './heartbeat.ts';
import { fail, suspect } from './liveness.ts';

/** What a sign of death changes; undefined if it tells nothing new or is about an earlier life. */
export function readSign(agent: Agent, sign: Sign, nowMs: number): AgentChange | undefined {
  if (!concerns(agent, sign)) return undefined;
  const { departure, closed_ms: closedMs } = agent.state;
  if (sign.sign === 'session_closed') {
    if (closedMs !== undefined) return undefined;
    return suspect(agent, `session closed: ${sign.detail}`, nowMs);
  }
  // What was only assumed is certain now: its tasks need not wait for their leases any more.
  if (departure !== undefined && (departure.how === 'left' || departure.certain)) return undefined;
  return fail(agent, {
    atMs: departure?.at_ms ?? nowMs,
    reason: `exited: ${sign.detail}`,
    certain: true,
  });
}

/** An agent leaves by itself; undefined if it is gone already. */
export function leave(before: Agent, reason: string, nowMs: number): AgentChange | undefined {
  if (isGone(before)) return undefined;
  const departure = { how: 'left', at_ms: nowMs, certain: true, reason } as const;
  const after = changed(
    { ...before, state: reopened(before.state) },
    { record: { status: 'offline', current_tasks: [] }, state: { departure } },
  );
  return { before, after, event: { type: 'agent.left.v1', reason } };
}

/** How far two measurements of the server's clock may be apart, ms. */
const CLOCK_SKEW_MS = 1000;

/**
 * Whether a release (written at `atMs`, server ms) is about this departure of the agent: one written before it is left
 * over from an earlier life, and one for a live agent was overtaken by its return.
 */
export const isReleaseOf = (agent: Agent, atMs: number): boolean =>
  agent.state.departure !== undefined && atMs + CLOCK_SKEW_MS >= agent.state.departure.at_ms;
