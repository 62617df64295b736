import { isTerminal } from '@nova-torch/protocol';
import { type CallOptions, type IdempotentCallOptions, keyHeader } from './calls.ts';
import type { components } from './generated/api.ts';
import { PlatformCalls } from './platform-calls.ts';

type Schemas = components['schemas'];
export type WorkflowInput = Schemas['Workflow'];
export type AcceptedWorkflow = Schemas['AcceptedWorkflow'];
export type WorkflowView = Schemas['WorkflowView'];
export type CancelledWorkflow = Schemas['CancelledWorkflow'];

export interface WaitForWorkflowOptions extends CallOptions {
  /** Seconds to wait at most; without it until every task has ended. */
  timeoutS?: number | undefined;
  /** Is given the workflow now and whenever tasks of it have changed. */
  onChange?: ((workflow: WorkflowView) => void) | undefined;
}

/** A submission of a thousand tasks takes longer than one of a single one, in ms. */
const SUBMIT_MS = 30_000;
/** How long one task is waited for before the others are looked at, in seconds; longer when nobody wants to see changes. */
const WATCHED_SLICE_S = 2;
const SLICE_S = 50;

/** The calls about workflows. */
export class WorkflowCalls extends PlatformCalls {
  /** Submits tasks that depend on one another: all of them are accepted, or none. Safe to repeat. */
  submitWorkflow(workflow: WorkflowInput, options: IdempotentCallOptions = {}): Promise<AcceptedWorkflow> {
    const params = { header: keyHeader(options) };
    return this.calls.run({ deadlineMs: SUBMIT_MS, ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/workflows', { ...init, params, body: workflow }),
    );
  }

  /** The tasks of a workflow with their states and edges. */
  getWorkflow(workflowId: string, options: CallOptions = {}): Promise<WorkflowView> {
    const params = { path: { workflow_id: workflowId } };
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.GET('/v1/workflows/{workflow_id}', { ...init, params }),
    );
  }

  /** Ends all tasks of a workflow that have not ended. */
  cancelWorkflow(
    workflowId: string,
    options: CallOptions & { reason?: string | undefined } = {},
  ): Promise<CancelledWorkflow> {
    const { reason } = options;
    const params = { path: { workflow_id: workflowId } };
    const body = reason === undefined ? {} : { reason };
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/workflows/{workflow_id}/cancel', { ...init, params, body }),
    );
  }

  /** The workflow once every task of it has ended, or as it is after `timeoutS`. */
  async waitForWorkflow(workflowId: string, options: WaitForWorkflowOptions = {}): Promise<WorkflowView> {
    const { timeoutS = Number.POSITIVE_INFINITY, onChange, ...call } = options;
    const endsAt = performance.now() + timeoutS * 1000;
    const sliceS = onChange === undefined ? SLICE_S : WATCHED_SLICE_S;
    let shown = '';
    for (;;) {
      const workflow = await this.getWorkflow(workflowId, call);
      const states = workflow.tasks.map(({ status }) => status).join(' ');
      if (states !== shown) onChange?.(workflow);
      shown = states;
      const open = openSink(workflow);
      const leftS = (endsAt - performance.now()) / 1000;
      if (open === undefined || leftS <= 0) return workflow;
      await this.waitForTask(open, { ...call, timeoutS: Math.min(sliceS, leftS) });
    }
  }
}

/** A task that has not ended, one that no other of these waits for where there is such: it is likely to end last. */
function openSink({ tasks }: WorkflowView): string | undefined {
  const open = tasks.filter(({ status }) => !isTerminal(status));
  const needed = new Set(open.flatMap(({ depends_on }) => depends_on.map(({ task_id }) => task_id)));
  return (open.find(({ task_id }) => !needed.has(task_id)) ?? open[0])?.task_id;
}
