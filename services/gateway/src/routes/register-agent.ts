import {
  AgentRecord,
  AgentRegisteredV1,
  AgentRegisterV1,
  AgentRegistration,
  NovaError,
} from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { serverTime } from './parameters.ts';

const Registered = z
  .object({
    agent: AgentRecord,
    token: z.string().describe('Bound to this agent; for its `authorization: Bearer` from now on'),
    heartbeat_every_ms: z.int(),
    server_time_ms: serverTime,
  })
  .meta({ id: 'RegisteredAgent' });

/** POST /v1/agents */
export function registerAgentRoute(app: GatewayHttp, { asking, streams, tokens, door }: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/agents',
    config: { access: 'any' },
    schema: {
      operationId: 'registerAgent',
      tags: ['agents'],
      summary: 'Register an agent',
      description:
        'With the admin key any agent; with an agent token that agent again, as after it was taken for dead. ' +
        'Registering again keeps the inbox; entries that were not acknowledged are given out again.',
      body: AgentRegistration,
      response: answers({ 201: Registered }, COMMON_ERRORS.ask),
    },
    handler: async (request, reply) => {
      const { principal, body } = request;
      if (principal.kind === 'agent' && body.agent_id !== principal.agentId) {
        throw new NovaError('FORBIDDEN', `The token registers ${principal.agentId} only.`, {
          field: 'agent_id',
        });
      }
      const answer = await asking.ask({
        stream: streams.registry,
        target: 'registry',
        definition: AgentRegisterV1,
        payload: { registration: body },
        answer: AgentRegisteredV1,
      });
      door.newSession(answer.agent.agent_id);
      return reply.code(201).send({ ...answer, token: tokens.make(answer.agent.agent_id) });
    },
  });
}
