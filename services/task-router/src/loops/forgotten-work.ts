import { isHeld, type TaskError } from '@nova-torch/protocol';
import type { ActiveDeps } from '../active/deps.ts';
import { loseAttempt } from '../domain/attempts.ts';
import { openDraft, ROUTER } from '../domain/draft.ts';
import { isForgotten } from '../domain/forgotten.ts';
import { isApplied } from '../store/apply-transitions.ts';

/**
 * Moves tasks of agents that registered again after they got them and do not name them in their heartbeats: the
 * process that had them is gone, and the one that lives under its id knows nothing of them.
 */
export async function findForgottenWork({ memory, tasks, ledger, nowMs }: ActiveDeps): Promise<number> {
  const atMs = nowMs();
  const suspects = [...memory.held.holders()].flatMap(([agentId]) => {
    const record = memory.agents.get(agentId)?.record;
    if (record === undefined) return [];
    return memory.held.of(agentId).filter((taskId) => {
      const task = memory.records.get(taskId);
      // Out of the memory since: its record is read below.
      if (task === undefined) return !record.current_tasks.includes(taskId);
      return isForgotten(task, record, atMs);
    });
  });
  const drafts = [...(await tasks.records(suspects)).values()].flatMap((task) => {
    const { agent_id: agentId } = task.live;
    const agent = agentId === undefined ? undefined : memory.agents.get(agentId)?.record;
    if (!isHeld(task.state) || agent === undefined || !isForgotten(task, agent, atMs)) return [];
    const message = `agent ${agentId} registered again and does not work on it any more`;
    const error: TaskError = { code: 'AGENT_LOST', message };
    return [loseAttempt(openDraft(task), { error, actor: ROUTER, tellAgent: true }, atMs)];
  });
  const verdicts = await ledger.write(drafts.map((draft) => ({ draft })));
  return verdicts.filter(isApplied).length;
}
