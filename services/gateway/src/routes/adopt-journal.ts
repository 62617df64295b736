import { TaskId, TaskRestoredV1, TaskSpec } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';

const TASKS_MAX = 500;
const BYTES_MAX = 8 * 1024 * 1024;

const KeptEnd = z
  .object({ ...TaskRestoredV1.payload.shape.end.shape })
  .describe('How it ended; absent for a task that had not ended');

const KeptTasks = z
  .strictObject({
    tasks: z
      .array(
        z.object({
          task_id: TaskId,
          spec: TaskSpec,
          submitter: z.string().min(1).max(200),
          submitted_at_ms: z.number(),
          traceparent: z.string().max(200).optional(),
          reservation: z.object({ key: z.string().max(500), value: z.string().max(500) }).optional(),
          end: KeptEnd.optional(),
        }),
      )
      .min(1)
      .max(TASKS_MAX),
  })
  .meta({
    id: 'KeptTasks',
    examples: [
      {
        tasks: [
          {
            task_id: 'task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f',
            spec: { title: 'Test the API' },
            submitter: 'admin',
            submitted_at_ms: 1_763_683_200_123,
          },
        ],
      },
    ],
  });

const Adopted = z
  .object({ adopted: z.int().describe('Tasks this gateway did not keep before') })
  .meta({ id: 'AdoptedTasks' });

/** POST /v1/journal/adopt */
export function adoptJournalRoute(app: GatewayHttp, { journal }: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/journal/adopt',
    bodyLimit: BYTES_MAX,
    config: { access: 'admin', bodyBytesMax: BYTES_MAX },
    schema: {
      operationId: 'adoptJournal',
      tags: ['platform'],
      summary: 'Take over tasks from the journal of a gateway that is gone for good',
      description:
        'This gateway keeps them from now on, and sends those again that the task-router does not have. Safe to repeat. ' +
        '`nova-torch journal adopt` reads the other journal and calls this.',
      body: KeptTasks,
      response: answers({ 200: Adopted }, [...COMMON_ERRORS.tell, 'JOURNAL_UNAVAILABLE']),
    },
    handler: async (request) => {
      const tasks = request.body.tasks.map(({ end, ...task }) => ({
        task,
        end: end === undefined ? undefined : { ...end, task_id: task.task_id },
      }));
      return { adopted: await journal.intake.adopt(tasks) };
    },
  });
}
