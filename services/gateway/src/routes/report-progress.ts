import { ReportProgressV1 } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { sendReport } from '../reporting.ts';
import { agentTaskPath, assignmentFields } from './parameters.ts';
import { Taken } from './send-heartbeat.ts';

const Progress = z
  .strictObject({
    ...assignmentFields,
    percent: z.number().min(0).max(100).optional(),
    step: z.string().max(200).optional(),
    message: z.string().max(2_000).optional(),
  })
  .meta({
    id: 'ReportProgress',
    examples: [{ epoch: 1763683200000, lease: 'k3v9q2', percent: 40, step: 'running the tests' }],
  });

/** POST /v1/agents/{agent_id}/tasks/{task_id}/progress */
export function reportProgressRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/agents/:agent_id/tasks/:task_id/progress',
    config: { access: 'own-agent' },
    schema: {
      operationId: 'reportProgress',
      tags: ['work'],
      summary: 'How far the agent is',
      description: 'A stale report is answered with `task.stop.v1` in the inbox.',
      params: agentTaskPath,
      body: Progress,
      response: answers({ 202: Taken }, COMMON_ERRORS.tell),
    },
    handler: async (request, reply) => {
      const payload = { ...request.params, ...request.body };
      const taken = await sendReport(deps, payload.agent_id, { definition: ReportProgressV1, payload });
      return reply.code(202).send(taken);
    },
  });
}
