import { type AgentId, isHeld, isTerminal } from '@nova-torch/protocol';
import type { TaskRecord } from './task-record.ts';
import { nextDue } from './timers.ts';
import { lineOf, waitingScore } from './waiting.ts';

/**
 * Where a task must stand in the indexes. It follows from the record alone: a transition moves the difference between
 * before and after, and the reconciler compares the same answer with what is there.
 */
export interface Indexes {
  readonly waiting: { readonly className: string; readonly score: number } | undefined;
  /** When its timer fires next; every task that has not ended has exactly one. */
  readonly dueMs: number | undefined;
  readonly held: { readonly agentId: AgentId; readonly sinceMs: number } | undefined;
  readonly endedAtMs: number | undefined;
}

export const NOWHERE: Indexes = {
  waiting: undefined,
  dueMs: undefined,
  held: undefined,
  endedAtMs: undefined,
};

export function indexesOf(record: TaskRecord): Indexes {
  const { state, spec, live } = record;
  if (isTerminal(state)) return { ...NOWHERE, endedAtMs: live.ended_at_ms ?? record.submitted_at_ms };
  const agentId = isHeld(state) ? live.agent_id : undefined;
  return {
    waiting:
      state === 'ready'
        ? {
            className: lineOf(record),
            score: waitingScore(live.ready_at_ms ?? record.submitted_at_ms, spec.priority),
          }
        : undefined,
    dueMs: nextDue(record),
    held: agentId === undefined ? undefined : { agentId, sinceMs: live.assigned_at_ms ?? 0 },
    endedAtMs: undefined,
  };
}
