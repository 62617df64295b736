import type { Platform } from '@nova-torch/testing';

/** An agent that speaks HTTP by hand: with no host, and so with nobody to look for evidence. */
export interface HttpAgent {
  readonly id: string;
  /** Calls a route below the agent's own. */
  call(path: string, body: object): Promise<Response>;
}

export async function registerHttpAgent(
  { gatewayUrl, adminKey }: Pick<Platform, 'gatewayUrl' | 'adminKey'>,
  role: string,
): Promise<HttpAgent> {
  const post = (path: string, bearer: string, body: object): Promise<Response> =>
    fetch(`${gatewayUrl}/v1/agents${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
      body: JSON.stringify(body),
    });
  const answer = await post('', adminKey, { role });
  const { agent, token } = (await answer.json()) as { agent: { agent_id: string }; token: string };
  const call: HttpAgent['call'] = async (path, body) => {
    // Who gives no sign of life is taken for gone.
    if (path === '/inbox/pull') await post(`/${agent.agent_id}/heartbeat`, token, {});
    return post(`/${agent.agent_id}${path}`, token, body);
  };
  return { id: agent.agent_id, call };
}
