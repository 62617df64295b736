import { TaskHistoryEntry, TaskId } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { readTask } from '../reading-tasks.ts';
import { assertMayRead } from '../task-readers.ts';
import { taskPath } from './parameters.ts';

const TaskHistory = z
  .object({ task_id: TaskId, history: z.array(TaskHistoryEntry).describe('Oldest first') })
  .meta({ id: 'TaskHistory' });

/** GET /v1/tasks/{task_id}/history */
export function getTaskHistoryRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/tasks/:task_id/history',
    config: { access: 'any' },
    schema: {
      operationId: 'getTaskHistory',
      tags: ['tasks'],
      summary: 'Every transition of a task: when, by whom and why',
      params: taskPath,
      response: answers({ 200: TaskHistory }, [...COMMON_ERRORS.read, 'TASK_UNKNOWN']),
    },
    handler: async (request) => {
      const { task, history } = await readTask(deps, request.params.task_id, { history: true });
      await assertMayRead(deps, request.principal, task, history);
      return { task_id: task.task_id, history: history ?? [] };
    },
  });
}
