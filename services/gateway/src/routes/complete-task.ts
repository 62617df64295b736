import { NovaError, RESULT_BYTES_MAX, ReportCompletedV1, ReportedEvidence } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { sendReport } from '../reporting.ts';
import { agentTaskPath, assignmentFields, settlingFields } from './parameters.ts';
import { Taken } from './send-heartbeat.ts';

const Complete = z
  .strictObject({
    ...assignmentFields,
    ...settlingFields,
    result: z.unknown().optional().describe('Any JSON, up to 64 KiB; larger content goes into a file'),
    evidence: ReportedEvidence.optional().describe(
      'What was found of the `files` and the `command` of the success criteria, one entry for each; the task fails the attempt without',
    ),
  })
  .meta({
    id: 'ReportCompletion',
    examples: [{ epoch: 1763683200000, lease: 'k3v9q2', exit_code: 0, result: { text: 'Nova-Torch 1.5 …' } }],
  });

/** POST /v1/agents/{agent_id}/tasks/{task_id}/complete */
export function completeTaskRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/agents/:agent_id/tasks/:task_id/complete',
    config: { access: 'own-agent' },
    schema: {
      operationId: 'completeTask',
      tags: ['work'],
      summary: 'The agent claims completion',
      description: 'Believed once the success criteria of the task hold. Repeating it is safe.',
      params: agentTaskPath,
      body: Complete,
      response: answers({ 202: Taken }, COMMON_ERRORS.tell),
    },
    handler: async (request, reply) => {
      const { entry_ids: entryIds, ...report } = request.body;
      checkResult(report.result);
      const payload = { ...request.params, ...report };
      const taken = await sendReport(deps, payload.agent_id, {
        definition: ReportCompletedV1,
        payload,
        entryIds,
      });
      return reply.code(202).send(taken);
    },
  });
}

function checkResult(result: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(result) ?? '');
  if (bytes <= RESULT_BYTES_MAX) return;
  throw new NovaError(
    'PAYLOAD_TOO_LARGE',
    `The result has ${bytes} bytes as JSON, the limit is ${RESULT_BYTES_MAX}.`,
    { field: 'result' },
  );
}
