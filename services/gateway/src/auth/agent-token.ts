import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { AgentId } from '@nova-torch/protocol';

/** Makes and checks the tokens of agents. A token is bound to one agent and cannot be made without the admin key. */
export interface AgentTokens {
  /** `<agent_id>.<base64url of an HMAC-SHA256>`; always the same for the same agent and admin key. */
  make(agentId: AgentId): string;
  /** The agent of a token, or undefined for what is not one of ours. Takes the same time for any wrong HMAC. */
  check(token: string): AgentId | undefined;
}

/** Derives the secret of the tokens from the admin key, so that every gateway with that key knows it. */
export function createAgentTokens(adminKey: string): AgentTokens {
  const secret = Buffer.from(hkdfSync('sha256', adminKey, '', 'agent-token', 32));
  const macOf = (agentId: string): Buffer => createHmac('sha256', secret).update(agentId).digest();
  return {
    make: (agentId) => `${agentId}.${macOf(agentId).toString('base64url')}`,
    check(token) {
      const dot = token.lastIndexOf('.');
      const agentId = AgentId.safeParse(token.slice(0, dot));
      if (dot < 0 || !agentId.success) return undefined;
      const given = Buffer.from(token.slice(dot + 1), 'base64url');
      const expected = macOf(agentId.data);
      return given.length === expected.length && timingSafeEqual(given, expected) ? agentId.data : undefined;
    },
  };
}
