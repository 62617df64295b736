// Puts right what the memory believes agents to hold.
//
// A write whose answer was lost and whose task was written again before it could be repeated answers `stale`: it
// happened, but the memory never heard of it. The store's slots show it.
//
// H1. The record decides, and only for agents that no write concerned while it was read.
import { type AgentId, isHeld, type TaskId } from '@nova-torch/protocol';
import type { ActiveDeps } from '../active/deps.ts';

const PAGE = 500;

/** One belief in doubt: that the agent holds the task, or that it does not. */
interface Doubt {
  readonly agentId: AgentId;
  readonly taskId: TaskId;
}

/** Compares all that is held, by the memory and by the index of held tasks, with the records; returns how much differed. */
export async function recallHeld(deps: ActiveDeps): Promise<number> {
  const { memory, indexes } = deps;
  const taskIds = new Set([...memory.held.holders()].flatMap(([agentId]) => memory.held.of(agentId)));
  for (let from = 0; ; from += PAGE) {
    const page = await indexes.held(from, PAGE);
    for (const taskId of page) taskIds.add(taskId);
    if (page.length < PAGE) break;
  }
  const all = [...taskIds];
  let corrected = 0;
  for (let from = 0; from < all.length; from += PAGE) {
    const doubts = await doubtsOf(deps, all.slice(from, from + PAGE));
    // Read again: now it is known which agents must be quiet meanwhile.
    if (doubts.length > 0) corrected += await settleDoubts(deps, doubts);
  }
  return corrected;
}

/** Who holds each of the tasks by its record. */
async function holdersOf(
  { tasks }: ActiveDeps,
  taskIds: readonly TaskId[],
): Promise<Map<TaskId, AgentId | undefined>> {
  const records = await tasks.records(taskIds);
  return new Map(
    taskIds.map((taskId) => {
      const record = records.get(taskId);
      return [taskId, record !== undefined && isHeld(record.state) ? record.live.agent_id : undefined];
    }),
  );
}

async function doubtsOf(deps: ActiveDeps, taskIds: readonly TaskId[]): Promise<Doubt[]> {
  const { held } = deps.memory;
  const holders = await holdersOf(deps, taskIds);
  const asked = new Set(taskIds);
  const doubts: Doubt[] = [];
  for (const [taskId, agentId] of holders) {
    if (agentId !== undefined && !held.has(agentId, taskId)) doubts.push({ agentId, taskId });
  }
  for (const [agentId] of held.holders()) {
    for (const taskId of held.of(agentId)) {
      if (asked.has(taskId) && holders.get(taskId) !== agentId) doubts.push({ agentId, taskId });
    }
  }
  return doubts;
}

async function settleDoubts(deps: ActiveDeps, doubts: readonly Doubt[]): Promise<number> {
  const { memory, ledger } = deps;
  const quiet = new Map(doubts.map(({ agentId }) => [agentId, ledger.quiet(agentId)]));
  const holders = await holdersOf(deps, [...new Set(doubts.map(({ taskId }) => taskId))]);
  let corrected = 0;
  for (const { agentId, taskId } of doubts) {
    const before = quiet.get(agentId);
    if (before === undefined || ledger.quiet(agentId) !== before) continue;
    const holds = holders.get(taskId) === agentId;
    if (holds === memory.held.has(agentId, taskId)) continue;
    if (holds) memory.held.add(agentId, taskId);
    else memory.held.remove(agentId, taskId);
    memory.records.delete(taskId);
    corrected += 1;
  }
  return corrected;
}
