import { createHash, timingSafeEqual } from 'node:crypto';
import { ADMIN, agentPrincipal, type Principal } from '../domain/principal.ts';
import type { AgentTokens } from './agent-token.ts';

/** Tells who an `authorization` header stands for; undefined for none and for a wrong one. */
export type Authenticate = (authorization: string | undefined) => Principal | undefined;

/** Checks bearer credentials: the admin key, or an agent's token. Comparing takes the same time for any wrong key. */
export function createAuthenticate(adminKey: string, tokens: AgentTokens): Authenticate {
  const expected = digest(adminKey);
  return (authorization) => {
    const credential = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (credential === undefined) return undefined;
    if (timingSafeEqual(digest(credential), expected)) return ADMIN;
    const agentId = tokens.check(credential);
    return agentId === undefined ? undefined : agentPrincipal(agentId);
  };
}

/** Digests have one length whatever the key's, as the comparison needs. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
