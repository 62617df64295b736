import { ERROR_MESSAGE_CHARS_MAX, ReportFailedV1 } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { sendReport } from '../reporting.ts';
import { agentTaskPath, assignmentFields, settlingFields } from './parameters.ts';
import { Taken } from './send-heartbeat.ts';

const Failure = z
  .strictObject({
    ...assignmentFields,
    ...settlingFields,
    code: z.string().min(1).max(100).default('AGENT_REPORTED'),
    message: z
      .string()
      .min(1)
      .describe(`What went wrong; of a longer one the last ${ERROR_MESSAGE_CHARS_MAX} characters are kept`),
    retryable: z.boolean().default(true).describe('`false`: another attempt would fail too'),
    returned: z.boolean().default(false).describe('Given back unstarted, as by a draining agent: no attempt'),
  })
  .meta({
    id: 'ReportFailure',
    examples: [{ epoch: 1763683200000, lease: 'k3v9q2', message: 'the tests fail', exit_code: 1 }],
  });

/** POST /v1/agents/{agent_id}/tasks/{task_id}/fail */
export function failTaskRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/agents/:agent_id/tasks/:task_id/fail',
    config: { access: 'own-agent' },
    schema: {
      operationId: 'failTask',
      tags: ['work'],
      summary: 'The attempt failed, or the task is given back',
      params: agentTaskPath,
      body: Failure,
      response: answers({ 202: Taken }, COMMON_ERRORS.tell),
    },
    handler: async (request, reply) => {
      const { entry_ids: entryIds, ...report } = request.body;
      const message = report.message.slice(-ERROR_MESSAGE_CHARS_MAX);
      const payload = { ...request.params, ...report, message };
      const taken = await sendReport(deps, payload.agent_id, {
        definition: ReportFailedV1,
        payload,
        entryIds,
      });
      return reply.code(202).send(taken);
    },
  });
}
