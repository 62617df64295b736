import { NovaError, ReportStartedV1, TaskClaimedV1, TaskClaimV1 } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { sendReport } from '../reporting.ts';
import { agentTaskPath, assignmentFields } from './parameters.ts';
import { Taken } from './send-heartbeat.ts';

const Start = z
  .strictObject({
    ...assignmentFields,
    lease_until_ms: z
      .number()
      .optional()
      .describe('`lease_until_ms` of the assignment: before it the task-router need not be asked'),
    started_at_ms: z.number().optional().describe("When it began; now, by the broker's clock, unless given"),
  })
  .meta({
    id: 'ReportStart',
    examples: [{ epoch: 1763683200000, lease: 'k3v9q2', lease_until_ms: 1763683210000 }],
  });

/** POST /v1/agents/{agent_id}/tasks/{task_id}/start */
export function startTaskRoute(app: GatewayHttp, deps: GatewayDeps): void {
  const { asking, streams, broker } = deps;
  app.route({
    method: 'POST',
    url: '/v1/agents/:agent_id/tasks/:task_id/start',
    config: { access: 'own-agent' },
    schema: {
      operationId: 'startTask',
      tags: ['work'],
      summary: 'The agent begins to work',
      description:
        'Past `lease_until_ms`, or when it is not given, the task-router is asked first whether the task is still ' +
        'this agent’s; ASSIGNMENT_STALE if not.',
      params: agentTaskPath,
      body: Start,
      response: answers({ 202: Taken }, [...COMMON_ERRORS.ask, 'ASSIGNMENT_STALE', 'TASK_UNKNOWN']),
    },
    handler: async (request, reply) => {
      const { epoch, lease, lease_until_ms = 0, started_at_ms } = request.body;
      const assignment = { ...request.params, epoch, lease };
      const nowMs = broker.serverNowMs();
      if (nowMs >= lease_until_ms) {
        const { granted, reason } = await asking.ask({
          stream: streams.tasksQueries,
          target: 'task-router',
          definition: TaskClaimV1,
          payload: assignment,
          answer: TaskClaimedV1,
        });
        if (!granted) throw new NovaError('ASSIGNMENT_STALE', reason);
      }
      const taken = await sendReport(deps, request.params.agent_id, {
        definition: ReportStartedV1,
        payload: { ...assignment, started_at_ms: started_at_ms ?? nowMs },
      });
      return reply.code(202).send(taken);
    },
  });
}
