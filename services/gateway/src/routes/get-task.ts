import { TaskView } from '@nova-torch/protocol';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { readTask } from '../reading-tasks.ts';
import { assertMayRead } from '../task-readers.ts';
import { taskPath } from './parameters.ts';

/** GET /v1/tasks/{task_id} */
export function getTaskRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/tasks/:task_id',
    config: { access: 'any' },
    schema: {
      operationId: 'getTask',
      tags: ['tasks'],
      summary: 'One task, with its result once it has one',
      params: taskPath,
      response: answers({ 200: TaskView }, [...COMMON_ERRORS.read, 'TASK_UNKNOWN']),
    },
    handler: async (request) => {
      const { task } = await readTask(deps, request.params.task_id);
      await assertMayRead(deps, request.principal, task);
      return task;
    },
  });
}
