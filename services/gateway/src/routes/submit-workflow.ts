import {
  TaskId,
  WORKFLOW_BYTES_MAX,
  WORKFLOW_TASKS_MAX,
  WorkflowId,
  WorkflowKey,
} from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { submitWorkflow, Workflow } from '../submitting-workflows.ts';
import { idempotencyHeaders } from './parameters.ts';

const Accepted = z
  .object({
    workflow_id: WorkflowId,
    status: z.literal('accepted'),
    tasks: z.record(WorkflowKey, TaskId).describe('The id of each task, by its key'),
  })
  .meta({
    id: 'AcceptedWorkflow',
    examples: [
      {
        workflow_id: 'wf-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f',
        status: 'accepted',
        tasks: { build: 'task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1000' },
      },
    ],
  });

/** POST /v1/workflows */
export function submitWorkflowRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/workflows',
    bodyLimit: WORKFLOW_BYTES_MAX,
    config: { access: 'any', bodyBytesMax: WORKFLOW_BYTES_MAX },
    schema: {
      operationId: 'submitWorkflow',
      tags: ['workflows'],
      summary: 'Submit tasks that depend on one another',
      description:
        `Up to ${WORKFLOW_TASKS_MAX} tasks and 1 MiB, in any order; they name one another by key. All of them are accepted, ` +
        'or none, and none begins before all are. With an Idempotency-Key a repeat gets the same workflow.',
      headers: idempotencyHeaders,
      body: Workflow,
      response: answers({ 202: Accepted }, [
        ...COMMON_ERRORS.ask,
        'DEPENDENCY_UNKNOWN',
        'TASK_LOOP',
        'WORKFLOW_EXISTS',
        'IDEMPOTENCY_CONFLICT',
        'JOURNAL_UNAVAILABLE',
      ]),
    },
    handler: async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const asked = { workflow: request.body, body: request.rawBody, key };
      const accepted = await submitWorkflow(deps, request.principal, asked);
      deps.metrics.tasksAccepted.inc({ route: 'workflow' }, request.body.tasks.length);
      return reply.code(202).send(accepted);
    },
  });
}
