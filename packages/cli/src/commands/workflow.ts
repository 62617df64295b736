import { readFileSync } from 'node:fs';
import type { WorkflowInput, WorkflowView } from '@nova-torch/client';
import { isTerminal } from '@nova-torch/protocol';
import { type Command, InvalidArgumentError } from 'commander';
import { parse } from 'yaml';
import { type CommandContext, interruptible, openClient } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { workflowLines } from '../workflow-tree.ts';

function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('it must be a number of seconds.');
  return number;
}

/** YAML reads JSON too. What is in it is checked by the gateway, which names each field that is not valid. */
function readWorkflow(file: string): WorkflowInput {
  try {
    const workflow: unknown = parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
    if (typeof workflow === 'object' && workflow !== null && !Array.isArray(workflow))
      return workflow as WorkflowInput;
    throw new Error('it is not a map');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError('usage', `cannot read a workflow from ${file}: ${reason}`);
  }
}

async function submit(
  context: CommandContext,
  file: string,
  { idempotencyKey, wait }: { idempotencyKey?: string; wait: boolean },
): Promise<void> {
  const client = await openClient(context);
  const accepted = await client.submitWorkflow(
    readWorkflow(file),
    idempotencyKey === undefined ? {} : { idempotencyKey },
  );
  const output = context.output();
  const { workflow_id, tasks } = accepted;
  if (wait) {
    output.line(`${workflow_id} accepted`);
    await waitFor(context, workflow_id, undefined);
    return;
  }
  output.result(accepted, () => [
    `${workflow_id} accepted`,
    ...Object.entries(tasks).map(([key, taskId]) => `  ${key}  ${taskId}`),
  ]);
}

async function waitFor(
  context: CommandContext,
  workflowId: string,
  timeoutS: number | undefined,
): Promise<void> {
  const client = await openClient(context);
  const output = context.output();
  const { signal, done } = interruptible();
  let before = new Map<string, string>();
  const onChange = (workflow: WorkflowView): void => {
    const now = new Map(workflow.tasks.map(({ task_id, status }) => [task_id as string, status as string]));
    for (const { task_id, key, title, status, error } of workflow.tasks) {
      if (before.size === 0 || before.get(task_id) === status) continue;
      output.line(`${key ?? title}  ${status}${error === undefined ? '' : `: ${error.message}`}`);
    }
    before = now;
  };
  const options = { signal, onChange, ...(timeoutS !== undefined && { timeoutS }) };
  const workflow = await client.waitForWorkflow(workflowId, options).finally(done);
  output.result(workflow, () => workflowLines(workflow));
  const open = workflow.tasks.filter(({ status }) => !isTerminal(status));
  if (open.length > 0) {
    throw new CliError('waiting', `${open.length} tasks of ${workflowId} have not ended after ${timeoutS} s`);
  }
  const bad = workflow.tasks.filter(({ status }) => status !== 'completed');
  if (bad.length > 0) {
    const named = bad.slice(0, 5).map(({ key, title, status }) => `${key ?? title} (${status})`);
    throw new CliError('failed', `${bad.length} tasks did not complete: ${named.join(', ')}`);
  }
}

/** `nova-torch workflow …` */
export function addWorkflowCommands(program: Command, context: CommandContext): void {
  const workflow = program.command('workflow').description('tasks that depend on one another');
  workflow
    .command('submit')
    .description('submit all tasks of a file, or none')
    .argument('<file>', 'the workflow as YAML or JSON; - is stdin')
    .option('--idempotency-key <key>', 'the same key and workflow again is the same workflow')
    .option('-w, --wait', 'wait until every task has ended', false)
    .addHelpText('after', '\nExample:\n  nova-torch workflow submit release.yaml --wait')
    .action((file: string, options: { idempotencyKey?: string; wait: boolean }) =>
      submit(context, file, options),
    );
  workflow
    .command('get')
    .description('its tasks with their states, as a tree')
    .argument('<workflow>', 'workflow id')
    .action(async (workflowId: string) => {
      const client = await openClient(context);
      const found = await client.getWorkflow(workflowId);
      context.output().result(found, () => workflowLines(found));
    });
  workflow
    .command('wait')
    .description('show what changes until every task has ended')
    .argument('<workflow>', 'workflow id')
    .option('--timeout <seconds>', 'time to wait', seconds)
    .action((workflowId: string, { timeout }: { timeout?: number }) => waitFor(context, workflowId, timeout));
  workflow
    .command('cancel')
    .description('end all of its tasks that have not ended')
    .argument('<workflow>', 'workflow id')
    .option('--reason <text>', 'why')
    .action(async (workflowId: string, { reason }: { reason?: string }) => {
      const client = await openClient(context);
      const cancelled = await client.cancelWorkflow(workflowId, { reason });
      context
        .output()
        .result(
          cancelled,
          () => `${cancelled.cancelled} tasks cancelled, ${cancelled.ended} had ended before`,
        );
    });
}
