import { TaskView } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import { connectionSignal } from '../http/connection-signal.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { readTask, waitForTask } from '../reading-tasks.ts';
import { assertMayRead } from '../task-readers.ts';
import { taskPath } from './parameters.ts';

/** Longer waits are made of several: proxies cut connections that are silent for minutes. */
const WAIT_MAX_S = 300;

const WaitResult = z
  .object({
    done: z.boolean().describe('Whether the task has ended; `false` when the time was over first'),
    version: z.string().describe('Names this state of the task, for `after` of the next wait'),
    task: TaskView,
  })
  .meta({ id: 'WaitResult' });

/** GET /v1/tasks/{task_id}/wait */
export function waitForTaskRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/tasks/:task_id/wait',
    config: { access: 'any', waits: true },
    schema: {
      operationId: 'waitForTask',
      tags: ['tasks'],
      summary: 'Wait for the end of a task, or for its next change',
      description:
        'Answers when the task has ended, or with its present state and `done: false` after `timeout_s`.',
      params: taskPath,
      querystring: z.object({
        timeout_s: z.coerce.number().min(0).max(WAIT_MAX_S).default(30).describe('Seconds to wait at most'),
        after: z.string().max(100).optional().describe('`version` of a former answer'),
      }),
      response: answers({ 200: WaitResult }, [...COMMON_ERRORS.read, 'TASK_UNKNOWN']),
    },
    handler: async (request, reply) => {
      const signal = connectionSignal(reply);
      const { principal, params, query } = request;
      if (principal.kind !== 'admin')
        await assertMayRead(deps, principal, (await readTask(deps, params.task_id)).task);
      return waitForTask(deps, params.task_id, {
        timeoutMs: query.timeout_s * 1000,
        after: query.after,
        signal,
      });
    },
  });
}
