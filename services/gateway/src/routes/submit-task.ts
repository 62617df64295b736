import { Durability, newTaskId, TASK_STATES, TaskId, TaskSpec } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { submitTask } from '../submitting.ts';
import { idempotencyHeaders } from './parameters.ts';

/** What a submitter gets back. */
export const Accepted = z
  .object({
    task_id: TaskId,
    status: z
      .enum(['accepted', ...TASK_STATES])
      .describe('`accepted`: on its way to the task-router; else the state the router gave it'),
    durability: Durability.describe(
      '`journal`: it is on the disk of the gateway too, and comes back if the broker loses its data; `memory`: safe as far ' +
        'as the broker keeps what it was told',
    ),
  })
  .meta({
    id: 'AcceptedTask',
    examples: [
      { task_id: 'task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f', status: 'accepted', durability: 'journal' },
    ],
  });

/** POST /v1/tasks */
export function submitTaskRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/tasks',
    config: { access: 'any' },
    schema: {
      operationId: 'submitTask',
      tags: ['tasks'],
      summary: 'Submit a task',
      description:
        'Answers as soon as the task is on its way; a task with dependencies or a parent is answered by the ' +
        'task-router, which knows them. With an Idempotency-Key a repeat gets the same task.',
      headers: idempotencyHeaders,
      body: TaskSpec,
      response: answers({ 202: Accepted }, [
        ...COMMON_ERRORS.ask,
        'DEPENDENCY_UNKNOWN',
        'TASK_LOOP',
        'IDEMPOTENCY_CONFLICT',
        'JOURNAL_UNAVAILABLE',
      ]),
    },
    handler: async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const taskId = newTaskId(deps.partition, deps.broker.serverNowMs());
      const submission = { spec: request.body, body: request.rawBody, taskId };
      const accepted = await submitTask(deps, request.principal, { ...submission, key });
      deps.metrics.tasksAccepted.inc({ route: 'single' });
      return reply.code(202).send(accepted);
    },
  });
}
