import { RoleName, TaskListV1, TaskPageV1, TaskState, TaskSummary } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import { readerOf } from '../domain/principal.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { pageQuery } from './parameters.ts';

const TaskPage = z
  .object({ tasks: z.array(TaskSummary), next_cursor: z.string().optional() })
  .meta({ id: 'TaskPage' });

/** GET /v1/tasks */
export function listTasksRoute(app: GatewayHttp, { asking, streams, journal }: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/tasks',
    config: { access: 'any' },
    schema: {
      operationId: 'listTasks',
      tags: ['tasks'],
      summary: 'List tasks, newest first',
      description: 'An agent sees those that it submitted or that are assigned to it.',
      querystring: z.object({
        status: TaskState.optional(),
        role: RoleName.optional(),
        label: z
          .string()
          .max(330)
          .optional()
          .describe('Only tasks with this label: `name=value`, or `name` for any value'),
        ...pageQuery,
      }),
      response: answers({ 200: TaskPage }, [...COMMON_ERRORS.read, 'CURSOR_INVALID']),
    },
    handler: async (request) => {
      const page = await asking.ask({
        stream: streams.tasksQueries,
        target: 'task-router',
        definition: TaskListV1,
        payload: { ...request.query, ...readerOf(request.principal) },
        answer: TaskPageV1,
      });
      await journal.beforeListed(page.tasks);
      return page;
    },
  });
}
