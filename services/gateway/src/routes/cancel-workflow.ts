import { WorkflowCancelledV1, WorkflowCancelV1 } from '@nova-torch/protocol';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { Cancel } from './cancel-task.ts';
import { workflowPath } from './parameters.ts';

const Cancelled = WorkflowCancelledV1.payload.meta({ id: 'CancelledWorkflow' });

/** POST /v1/workflows/{workflow_id}/cancel */
export function cancelWorkflowRoute(app: GatewayHttp, { asking, streams }: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/workflows/:workflow_id/cancel',
    config: { access: 'admin' },
    schema: {
      operationId: 'cancelWorkflow',
      tags: ['workflows'],
      summary: 'End all tasks of a workflow that have not ended',
      description: 'Their agents are told to stop; results that come later are not accepted.',
      params: workflowPath,
      body: Cancel.prefault({}),
      response: answers({ 200: Cancelled }, [...COMMON_ERRORS.ask, 'WORKFLOW_UNKNOWN']),
    },
    handler: (request) =>
      asking.ask({
        stream: streams.tasksQueue,
        target: 'task-router',
        definition: WorkflowCancelV1,
        payload: {
          workflow_id: request.params.workflow_id,
          reason: request.body.reason,
          by: request.principal.name,
        },
        answer: WorkflowCancelledV1,
      }),
  });
}
