import { TaskCancelV1, TaskStateV1, TaskView } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { taskPath } from './parameters.ts';

/** Why something is cancelled. */
export const Cancel = z
  .strictObject({ reason: z.string().max(2_000).default('asked for over the API') })
  .meta({ id: 'Cancel', examples: [{ reason: 'the release was called off' }] });

/** POST /v1/tasks/{task_id}/cancel */
export function cancelTaskRoute(app: GatewayHttp, { asking, streams, journal }: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/tasks/:task_id/cancel',
    config: { access: 'admin' },
    schema: {
      operationId: 'cancelTask',
      tags: ['tasks'],
      summary: 'End a task that has not ended',
      description: 'Its agent is told to stop; a result that comes later is not accepted.',
      params: taskPath,
      body: Cancel.prefault({}),
      response: answers({ 200: TaskView }, [...COMMON_ERRORS.ask, 'TASK_UNKNOWN', 'TASK_ENDED']),
    },
    handler: async (request) => {
      const { task } = await asking.ask({
        stream: streams.tasksQueue,
        target: 'task-router',
        definition: TaskCancelV1,
        payload: { task_id: request.params.task_id, reason: request.body.reason, by: request.principal.name },
        answer: TaskStateV1,
      });
      await journal.beforeShown([task]);
      return task;
    },
  });
}
