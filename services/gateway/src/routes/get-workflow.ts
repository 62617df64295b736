import {
  NovaError,
  StateCounts,
  type TaskId,
  WorkflowGetV1,
  WorkflowId,
  WorkflowStateV1,
  WorkflowTask,
} from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { Principal } from '../domain/principal.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { workflowPath } from './parameters.ts';

/** Tasks of one answer. A workflow has no more; any number of tasks may be given its id one by one. */
const TASKS_SHOWN_MAX = 2_000;

export const WorkflowView = z
  .object({
    workflow_id: WorkflowId,
    title: z.string().optional(),
    counts: StateCounts.describe('How many of `tasks` are in each state; a state nobody is in is missing'),
    tasks: z.array(WorkflowTask).describe('In the order they were submitted in'),
    truncated: z.literal(true).optional().describe('There are more tasks than are shown'),
  })
  .meta({ id: 'WorkflowView' });
type WorkflowView = z.infer<typeof WorkflowView>;

/** GET /v1/workflows/{workflow_id} */
export function getWorkflowRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/workflows/:workflow_id',
    config: { access: 'any' },
    schema: {
      operationId: 'getWorkflow',
      tags: ['workflows'],
      summary: 'The tasks of a workflow with their states and edges',
      description: `At most ${TASKS_SHOWN_MAX} tasks. An agent sees those it submitted or holds.`,
      params: workflowPath,
      response: answers({ 200: WorkflowView }, [...COMMON_ERRORS.read, 'WORKFLOW_UNKNOWN']),
    },
    handler: (request) => readWorkflow(deps, request.principal, request.params.workflow_id),
  });
}

async function readWorkflow(
  { asking, streams, journal }: GatewayDeps,
  principal: Principal,
  workflowId: string,
): Promise<WorkflowView> {
  const reader = principal.kind === 'admin' ? {} : { reader: principal.agentId };
  const tasks: WorkflowTask[] = [];
  let title: string | undefined;
  let after: TaskId | undefined;
  do {
    const page = await asking.ask({
      stream: streams.tasksQueries,
      target: 'task-router',
      definition: WorkflowGetV1,
      payload: { workflow_id: workflowId, ...reader, ...(after !== undefined && { after }) },
      answer: WorkflowStateV1,
    });
    title ??= page.title;
    tasks.push(...page.tasks);
    after = page.next;
  } while (after !== undefined && tasks.length < TASKS_SHOWN_MAX);
  if (tasks.length === 0) throw new NovaError('WORKFLOW_UNKNOWN', `there is no workflow ${workflowId}`);
  await journal.beforeListed(tasks);
  return {
    workflow_id: workflowId,
    ...(title !== undefined && { title }),
    counts: countsOf(tasks),
    tasks,
    ...(after !== undefined && { truncated: true as const }),
  };
}

function countsOf(tasks: readonly WorkflowTask[]): StateCounts {
  const counts: StateCounts = {};
  for (const { status } of tasks) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
