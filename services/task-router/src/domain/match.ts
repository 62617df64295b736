import type { TaskId } from '@nova-torch/protocol';
import type { AgentIndex, IndexedAgent } from './agent-index.ts';
import { CANDIDATES_MAX, chooseAgent } from './choose-agent.ts';
import type { TaskRecord } from './task-record.ts';
import type { Line, Waiter, WaitingLines } from './waiting-lines.ts';

/** A waiting task and the agent whose slot is reserved for it. */
export interface Match {
  readonly line: Line;
  readonly waiter: Waiter;
  readonly record: TaskRecord;
  readonly agent: IndexedAgent;
}

export interface MatchPlan {
  readonly matches: readonly Match[];
  /** Lines whose next tasks must be read before they can go on. */
  readonly unread: readonly { readonly line: Line; readonly waiters: readonly Waiter[] }[];
  /** Windows that ran dry although an agent is free. */
  readonly dry: readonly Line[];
  /** Lines that stopped only because `limit` was reached. */
  readonly unfinished: readonly Line[];
}

/**
 * Pairs waiting tasks with free agents: always the first of all lines next, until no line has both. Takes the tasks out
 * of their lines and reserves the slots; whoever writes the assignments gives back what could not be written.
 */
export function planMatches(
  lines: Iterable<Line>,
  waiting: WaitingLines,
  index: AgentIndex,
  recordOf: (taskId: TaskId) => TaskRecord | undefined,
  limit: number,
): MatchPlan {
  const open = new Set(lines);
  const matches: Match[] = [];
  const unread: { line: Line; waiters: Waiter[] }[] = [];
  const dry: Line[] = [];
  while (matches.length < limit && index.freeAgents > 0) {
    const line = firstOf(open, dry, waiting);
    const waiter = line?.window[0];
    if (line === undefined || waiter === undefined) break;
    const candidates = index.candidates(line.demand, CANDIDATES_MAX);
    if (candidates.length === 0) {
      open.delete(line);
      continue;
    }
    const record = recordOf(waiter.taskId);
    if (record === undefined) {
      const next = line.window.slice(0, Math.min(limit - matches.length, index.freeSlots));
      unread.push({ line, waiters: next.filter(({ taskId }) => recordOf(taskId) === undefined) });
      open.delete(line);
      continue;
    }
    const chosen = chooseAgent(
      { spec: record.spec, failedAgentId: record.live.failed_agent_id, found: record.live.found },
      candidates,
    );
    if (chosen === undefined) break;
    waiting.take(line);
    index.reserve(chosen.agent, record.spec.workflow_id);
    matches.push({ line, waiter, record, agent: chosen.agent });
  }
  const unfinished = matches.length < limit || index.freeAgents === 0 ? [] : [...open];
  return { matches, unread, dry, unfinished };
}

/** The line whose first task has the lowest score; lines without a window leave the set. */
function firstOf(open: Set<Line>, dry: Line[], waiting: WaitingLines): Line | undefined {
  let first: Line | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const line of open) {
    const head = line.window[0];
    if (head === undefined) {
      open.delete(line);
      if (waiting.needsLoad(line)) dry.push(line);
    } else if (head.score < lowest) {
      first = line;
      lowest = head.score;
    }
  }
  return first;
}
