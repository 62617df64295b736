import type { AgentRecord, AgentStatus } from '@nova-torch/protocol';

/** Which agents are asked for; what is absent does not matter. All skills named must be there. */
export interface AgentFilter {
  readonly role?: string | undefined;
  readonly skills?: readonly string[] | undefined;
  readonly status?: AgentStatus | undefined;
}

/** Whether an agent is one of those asked for. */
export function matches(agent: AgentRecord, { role, skills = [], status }: AgentFilter): boolean {
  if (role !== undefined && agent.role !== role) return false;
  if (status !== undefined && agent.status !== status) return false;
  return skills.every((wanted) => agent.skills.some(({ name }) => name === wanted));
}
