import { type AgentAddress, AgentId, type ErrorCode } from '@nova-torch/protocol';
import { type AgentView, isGone, type KnownAgent } from './agent-view.ts';

export type Resolved =
  | { readonly kind: 'recipients'; readonly agentIds: readonly AgentId[] }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string };

/** The one agent an address names, or undefined if it names some or everybody. */
export function agentOf(to: AgentAddress): AgentId | undefined {
  const parsed = AgentId.safeParse(to);
  return parsed.success ? parsed.data : undefined;
}

/** Who gets a message, by who is there at this moment. What goes to a team or to all does not come back to its sender. */
export function resolveRecipients(view: AgentView, from: string, to: AgentAddress): Resolved {
  const agentId = agentOf(to);
  if (agentId !== undefined) {
    const agent = view.get(agentId);
    if (agent === undefined || isGone(agent)) {
      const detail = agent === undefined ? `there is no agent ${agentId}` : `${agentId} is ${agent.status}`;
      return { kind: 'refused', code: 'AGENT_UNKNOWN', detail };
    }
    return { kind: 'recipients', agentIds: [agentId] };
  }
  const agentIds = view.live(matcherOf(from, to));
  return agentIds.length === 0
    ? { kind: 'refused', code: 'NO_RECIPIENT', detail: `no live agent has the address ${to}` }
    : { kind: 'recipients', agentIds };
}

function matcherOf(from: string, to: AgentAddress): (agent: KnownAgent) => boolean {
  if (to === 'broadcast') return ({ agentId }) => agentId !== from;
  const colon = to.indexOf(':');
  const name = to.slice(colon + 1);
  switch (to.slice(0, colon)) {
    case 'role':
      return ({ role }) => role === name;
    case 'skill':
      return ({ skills }) => skills.includes(name);
    case 'team':
      return ({ agentId, teams }) => agentId !== from && teams.includes(name);
    case 'label': {
      const [key = '', ...value] = name.split('=');
      return ({ labels }) => Object.hasOwn(labels, key) && labels[key] === value.join('=');
    }
    default:
      return () => false;
  }
}

/** Cuts what is still to be posted into chunks of at most `count` recipients and about `bytes` of entries. */
export function chunkSize(entryBytes: number, { count, bytes }: { count: number; bytes: number }): number {
  return Math.max(1, Math.min(count, Math.floor(bytes / Math.max(1, entryBytes))));
}
