import { TaskRetryV1, TaskStateV1, TaskView } from '@nova-torch/protocol';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { taskPath } from './parameters.ts';

/** POST /v1/tasks/{task_id}/retry */
export function retryTaskRoute(app: GatewayHttp, { asking, streams }: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/tasks/:task_id/retry',
    config: { access: 'admin' },
    schema: {
      operationId: 'retryTask',
      tags: ['tasks'],
      summary: 'Try a task again that ended without completing',
      params: taskPath,
      response: answers({ 200: TaskView }, [
        ...COMMON_ERRORS.ask,
        'TASK_UNKNOWN',
        'TASK_ENDED',
        'TASK_NOT_ENDED',
      ]),
    },
    handler: async (request) => {
      const { task } = await asking.ask({
        stream: streams.tasksQueue,
        target: 'task-router',
        definition: TaskRetryV1,
        payload: { task_id: request.params.task_id, by: request.principal.name },
        answer: TaskStateV1,
      });
      return task;
    },
  });
}
