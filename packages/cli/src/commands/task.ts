import type { NovaClient } from '@nova-torch/client';
import {
  isTerminal,
  TASK_STATES,
  type TaskHistoryEntry,
  type TaskProgress,
  type TaskSummary,
  type TaskView,
} from '@nova-torch/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CommandContext, interruptible, openClient } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { duration, type Output, tableLines } from '../output.ts';
import { explanationLines } from './explanation.ts';
import { addTaskAnalyzeCommand } from './task-analyze.ts';

const LIST_DEFAULT = 20;
/** Of a check command so many lines are shown; --json has more. */
const OUTPUT_LINES = 10;

function count(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('it must be a whole number above 0.');
  return number;
}

const progressText = ({ percent, step, message }: TaskProgress): string =>
  [percent !== undefined && `${percent} %`, step, message].filter(Boolean).join(', ');

/** How each success criterion stood at the last claim; of what is not met, the end of what its check printed. */
function evidenceLines({ evidence }: TaskView): string[] {
  // The review has lines of its own.
  const entries = (evidence?.criteria ?? []).filter(({ criterion }) => criterion !== 'review');
  return entries.flatMap(({ criterion, met, found, output }, i) => {
    const line = `  ${(i === 0 ? 'evidence' : '').padEnd(10)} ${met ? 'met    ' : 'NOT MET'} ${criterion}: ${found}`;
    const printed = met || output === undefined ? [] : output.trimEnd().split('\n').slice(-OUTPUT_LINES);
    return [line, ...printed.map((text) => `             | ${text}`)];
  });
}

/** Who else looked at the work, of a check or review; what a reviewer said in its own words. */
function judgementLines({ evidence }: TaskView): string[] {
  const lines: string[] = [];
  const { check, review } = evidence ?? {};
  if (check !== undefined)
    lines.push(
      `  check      ${check.agent_id === undefined ? 'not done yet' : `by ${check.agent_id}`} (${check.task_id})`,
    );
  if (review === undefined) return lines;
  const { agent_id: by, approved, comments, task_id: taskId } = review;
  const verdict =
    approved === undefined ? 'no verdict yet' : `${approved ? 'approved' : 'rejected'} by ${by}`;
  lines.push(`  review     ${verdict} (${taskId})`);
  for (const text of comments?.trimEnd().split('\n') ?? []) lines.push(`             | ${text}`);
  return lines;
}

/** What a person wants to know of a task, in a few lines. */
export function taskLines(task: TaskView): string[] {
  const { spec } = task;
  const lines = [
    `${task.task_id}  ${task.status}`,
    `  title      ${spec.title}`,
    `  priority   ${spec.priority}${spec.role ? `, role ${spec.role}` : ''}${spec.required_skills.length ? `, skills ${spec.required_skills.join(' ')}` : ''}`,
    `  submitted  ${new Date(task.submitted_at_ms).toISOString()} by ${task.submitter}`,
  ];
  if (task.agent_id)
    lines.push(`  agent      ${task.agent_id} (attempt ${task.attempt} of ${spec.max_retries + 1})`);
  if (task.waiting_for) lines.push(`  waits      ${task.waiting_for}`);
  if (task.progress) lines.push(`  progress   ${progressText(task.progress)}`);
  if (task.eta_ms !== undefined) lines.push(`  done about ${new Date(task.eta_ms).toISOString()}`);
  if (task.started_at_ms && task.ended_at_ms)
    lines.push(`  took       ${duration(task.ended_at_ms - task.started_at_ms)}`);
  for (const entry of task.progress_log ?? [])
    lines.push(`    ${new Date(entry.at_ms).toISOString()} ${progressText(entry)}`);
  if (task.error) lines.push(`  error      ${task.error.code}: ${task.error.message}`);
  lines.push(...evidenceLines(task), ...judgementLines(task));
  if (task.result !== undefined) lines.push(`  result     ${JSON.stringify(task.result)}`);
  return lines;
}

/** Waits for the end, shows it; a task that ended otherwise than completed is an error. */
export async function waitAndShow(
  client: NovaClient,
  taskId: string,
  timeoutS: number | undefined,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const task = await client.waitForTask(taskId, { signal, ...(timeoutS !== undefined && { timeoutS }) });
  output.result(task, () => taskLines(task));
  if (!isTerminal(task.status)) {
    throw new CliError(
      'waiting',
      `${taskId} has not ended after ${timeoutS} s: it is ${task.status}`,
      task.waiting_for,
    );
  }
  if (task.status !== 'completed') throw new CliError('failed', `${taskId} ended as ${task.status}`);
}

interface ListOptions {
  status?: string;
  role?: string;
  label?: string;
  limit: number;
}

async function listTasks(context: CommandContext, options: ListOptions): Promise<void> {
  const client = await openClient(context);
  const { limit, ...filters } = options;
  const tasks: TaskSummary[] = [];
  for await (const task of client.listTasks(filters)) {
    tasks.push(task);
    if (tasks.length === limit) break;
  }
  const row = (task: TaskSummary) => [
    task.task_id,
    task.status,
    task.priority,
    new Date(task.submitted_at_ms).toISOString().slice(0, 19).replace('T', ' '),
    task.title.slice(0, 50),
  ];
  context
    .output()
    .result({ tasks }, () =>
      tableLines(['task', 'status', 'priority', 'submitted (UTC)', 'title'], tasks.map(row), 'No task.'),
    );
}

/** `nova-torch task history|retry` */
function addLookingBack(task: Command, context: CommandContext): void {
  task
    .command('history <task>')
    .description('show every step of a task: when, by whom and why')
    .addHelpText('after', '\nExample:\n  nova-torch task history task-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5061')
    .action(async (taskId: string) => {
      const history = await (await openClient(context)).getTaskHistory(taskId);
      const row = ({ at_ms: atMs, from, to, actor, reason }: TaskHistoryEntry) => [
        ...[new Date(atMs).toISOString(), `${from} → ${to}`, actor, reason.slice(0, 80)],
      ];
      context
        .output()
        .result({ task_id: taskId, history }, () =>
          tableLines(['time', 'step', 'by', 'why'], history.map(row), 'No step.'),
        );
    });
  task
    .command('retry <task>')
    .description('try a task again that failed, expired or was cancelled: it starts clean, its history stays')
    .addHelpText(
      'after',
      '\nExamples:\n  nova-torch task list --status failed\n  nova-torch task retry task-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5061',
    )
    .action(async (taskId: string) => {
      const retried = await (await openClient(context)).retryTask(taskId);
      context.output().result(retried, () => taskLines(retried));
    });
}

/** `nova-torch task get|list|explain|wait|cancel`, and looking back and ahead */
export function addTaskCommands(program: Command, context: CommandContext): void {
  const task = program.command('task').description('look at tasks, wait for them, cancel them, analyse one');
  task
    .command('get <task>')
    .description('show a task')
    .addHelpText('after', '\nExample:\n  nova-torch task get task-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5061')
    .action(async (taskId: string) => {
      const found = await (await openClient(context)).getTask(taskId);
      context.output().result(found, () => taskLines(found));
    });
  task
    .command('list')
    .description('list tasks, newest first')
    .addOption(new Option('--status <state>', 'only of this state').choices([...TASK_STATES]))
    .option('--role <role>', 'only for this role')
    .option('--label <name[=value]>', 'only with this label')
    .option('-n, --limit <n>', 'at most so many', count, LIST_DEFAULT)
    .addHelpText(
      'after',
      '\nExamples:\n  nova-torch task list --status running\n  nova-torch task list --label team=core -n 100 --json',
    )
    .action((options: ListOptions) => listTasks(context, options));
  task
    .command('explain <task>')
    .description('tell why its agents were chosen, or why it still waits')
    .addHelpText('after', '\nExample:\n  nova-torch task explain task-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5061')
    .action(async (taskId: string) => {
      const explanation = await (await openClient(context)).explainTask(taskId);
      context.output().result(explanation, () => explanationLines(explanation));
    });
  task
    .command('wait <task>')
    .description('wait for the end of a task and show it')
    .option('--timeout <seconds>', 'give up after so long (default: wait for ever)', count)
    .addHelpText(
      'after',
      '\nExample:\n  nova-torch task wait task-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5061 --timeout 600',
    )
    .action(async (taskId: string, options: { timeout?: number }) => {
      const client = await openClient(context);
      const { signal, done } = interruptible();
      await waitAndShow(client, taskId, options.timeout, context.output(), signal).finally(done);
    });
  task
    .command('cancel <task>')
    .description('cancel a task; an agent that works on it is stopped')
    .option('--reason <text>', 'kept in its history', 'cancelled on the command line')
    .addHelpText(
      'after',
      '\nExample:\n  nova-torch task cancel task-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5061 --reason "not needed"',
    )
    .action(async (taskId: string, options: { reason: string }) => {
      const cancelled = await (await openClient(context)).cancelTask(taskId, options);
      context.output().result(cancelled, () => taskLines(cancelled));
    });
  addLookingBack(task, context);
  addTaskAnalyzeCommand(task, context);
}
