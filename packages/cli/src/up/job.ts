// The job of a first start: a report on a directory, as three tasks for three agents, all through the REST gateway.
import type { NovaClient } from '@nova-torch/client';
import type { TaskSpecInput, TaskView } from '@nova-torch/protocol';
import { CliError } from '../exit-codes.ts';

export interface JobStep {
  name: 'inventory' | 'health' | 'report';
  task: TaskView;
}

export interface JobOptions {
  client: NovaClient;
  path: string;
  output: string;
  workflowId: string;
  onEnded(step: JobStep): void;
  signal: AbortSignal;
}

function specs({ path, output, workflowId }: JobOptions) {
  const common = { workflow_id: workflowId, timeout: 300, success_criteria: { exit_code: 0 } };
  return {
    inventory: {
      ...common,
      title: `Inventory of ${path}`.slice(0, 200),
      task_type: 'inventory',
      required_skills: ['inventory'],
      inputs: { path },
    },
    health: {
      ...common,
      title: `Health of ${path}`.slice(0, 200),
      task_type: 'health',
      required_skills: ['health'],
      inputs: { path },
    },
    report: (dependencies: string[]) => ({
      ...common,
      title: `Report on ${path}`.slice(0, 200),
      task_type: 'report',
      required_skills: ['report'],
      inputs: { output },
      dependencies,
    }),
  };
}

/** Submits the three tasks and waits for their ends. Throws when one ends otherwise than completed. */
export async function runReportJob(options: JobOptions): Promise<JobStep[]> {
  const { client, workflowId } = options;
  const spec = specs(options);
  const submit = async (name: JobStep['name'], task: TaskSpecInput | object): Promise<string> => {
    const { task_id } = await client.submitTask(task as TaskSpecInput, {
      idempotencyKey: `${workflowId}-${name}`,
    });
    return task_id;
  };
  const inventory = await submit('inventory', spec.inventory);
  const health = await submit('health', spec.health);
  const report = await submit('report', spec.report([inventory, health]));
  return Promise.all([
    finish('inventory', inventory, options),
    finish('health', health, options),
    finish('report', report, options),
  ]);
}

async function finish(name: JobStep['name'], taskId: string, options: JobOptions): Promise<JobStep> {
  const task = await options.client.waitForTask(taskId, { signal: options.signal });
  if (task.status !== 'completed') {
    throw new CliError(
      'failed',
      `the ${name} task ${taskId} ended as ${task.status}: ${task.error?.message ?? 'no reason'}`,
    );
  }
  options.onEnded({ name, task });
  return { name, task };
}
