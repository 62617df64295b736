// Who may read a task: the admin all, an agent those it submitted or was assigned.
import { NovaError, type TaskHistoryEntry, type TaskView } from '@nova-torch/protocol';
import type { Principal } from './domain/principal.ts';
import { readTask } from './reading-tasks.ts';

type ReadDeps = Parameters<typeof readTask>[0];

/** Throws FORBIDDEN unless the principal may read the task. Its history is asked for only if it decides. */
export async function assertMayRead(
  deps: ReadDeps,
  principal: Principal,
  task: TaskView,
  history?: readonly TaskHistoryEntry[],
): Promise<void> {
  if (principal.kind === 'admin') return;
  const { agentId } = principal;
  if (task.submitter === agentId || task.agent_id === agentId) return;
  const told = history ?? (await readTask(deps, task.task_id, { history: true })).history ?? [];
  if (told.some(({ agent_id }) => agent_id === agentId)) return;
  throw new NovaError(
    'FORBIDDEN',
    `the token is of ${agentId}, which neither submitted ${task.task_id} nor was assigned it`,
  );
}
