import { TaskExplainedV1, TaskExplainV1, TaskExplanation } from '@nova-torch/protocol';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { readTask } from '../reading-tasks.ts';
import { assertMayRead } from '../task-readers.ts';
import { taskPath } from './parameters.ts';

/** GET /v1/tasks/{task_id}/explain */
export function explainTaskRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/tasks/:task_id/explain',
    config: { access: 'any' },
    schema: {
      operationId: 'explainTask',
      tags: ['tasks'],
      summary: 'Why its agents were chosen, or why a task still waits',
      description:
        'The decisions of the last assignments as they were taken: the best candidates with each factor, and how many ' +
        'agents were none, by reason; whether another task of the same go got the best-scored one; and what the task’s text ' +
        'asks for. For a task that waits also, worked out now: what it waits for, its place in the ' +
        'line, who could take it, why all others cannot, and roles and skills nobody has.',
      params: taskPath,
      response: answers({ 200: TaskExplanation }, [...COMMON_ERRORS.read, 'TASK_UNKNOWN']),
    },
    handler: async (request) => {
      const { task } = await readTask(deps, request.params.task_id);
      await assertMayRead(deps, request.principal, task);
      const { explanation } = await deps.asking.ask({
        stream: deps.streams.tasksQueries,
        target: 'task-router',
        definition: TaskExplainV1,
        payload: { task_id: task.task_id },
        answer: TaskExplainedV1,
      });
      return explanation;
    },
  });
}
