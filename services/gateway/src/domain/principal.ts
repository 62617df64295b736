import type { AgentId } from '@nova-torch/protocol';

/** Who a request comes from. `name` is what the records show: the submitter of a task, the sender of a message. */
export type Principal =
  | { readonly kind: 'admin'; readonly name: 'admin' }
  | { readonly kind: 'agent'; readonly name: AgentId; readonly agentId: AgentId };

/**
 * Who may use a route: `public` anybody, `any` whoever has a key or token, `own-agent` the admin and the agent named in
 * the path, `admin` the admin alone.
 */
export type Access = 'public' | 'any' | 'own-agent' | 'admin';

export const ADMIN: Principal = { kind: 'admin', name: 'admin' };

/** The principal an agent token stands for. */
export const agentPrincipal = (agentId: AgentId): Principal => ({ kind: 'agent', name: agentId, agentId });

/** For questions to other services: an agent is answered what concerns it, the admin everything. */
export const readerOf = (principal: Principal): { readonly reader?: AgentId } =>
  principal.kind === 'agent' ? { reader: principal.agentId } : {};

/** Why a principal may not use a route, or undefined if it may. `agentId` is the agent the path names, if any. */
export function whyForbidden(
  principal: Principal,
  access: Access,
  agentId: string | undefined,
): string | undefined {
  if (principal.kind === 'admin' || access === 'public' || access === 'any') return undefined;
  if (access === 'admin') return 'this needs the admin key';
  return principal.agentId === agentId
    ? undefined
    : `the token is of ${principal.agentId}, not of ${agentId}`;
}
