import { PRIORITIES, type TaskSpecInput } from '@nova-torch/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CommandContext, interruptible, openClient } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { collect, instant, keyValue } from '../option-values.ts';
import { waitAndShow } from './task.ts';
import { readJson, type TaskOptions, taskOf } from './task-options.ts';

function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('it must be a number of seconds.');
  return number;
}

function exitCode(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 255)
    throw new InvalidArgumentError('it must be an exit code, 0 to 255.');
  return number;
}

interface SubmitOptions extends TaskOptions {
  priority?: string;
  input: Record<string, string>;
  label: Record<string, string>;
  after: string[];
  timeout?: number;
  startTimeout?: number;
  progressTimeout?: number;
  runAt?: string;
  deadline?: string;
  ttl?: number;
  retries?: number;
  expectExit?: number;
  expectFile: string[];
  expectCommand?: string;
  expectResult?: string;
  verifiedBy?: string;
  reviewBy?: string;
  reviewFor?: string;
  idempotencyKey?: string;
  wait: boolean;
}

function specOf(options: SubmitOptions): TaskSpecInput {
  const spec: Record<string, unknown> = taskOf(options);
  const set = (name: string, value: unknown, given: boolean) => {
    if (given) spec[name] = value;
  };
  set('priority', options.priority, options.priority !== undefined);
  set('inputs', { ...(spec.inputs as object), ...options.input }, Object.keys(options.input).length > 0);
  set('labels', { ...(spec.labels as object), ...options.label }, Object.keys(options.label).length > 0);
  set('dependencies', options.after, options.after.length > 0);
  set('timeout', options.timeout, options.timeout !== undefined);
  set('start_timeout', options.startTimeout, options.startTimeout !== undefined);
  set('progress_timeout', options.progressTimeout, options.progressTimeout !== undefined);
  set('run_at', options.runAt, options.runAt !== undefined);
  set('deadline', options.deadline, options.deadline !== undefined);
  set('ttl', options.ttl, options.ttl !== undefined);
  set('max_retries', options.retries, options.retries !== undefined);
  const criteria = criteriaOf(options);
  set(
    'success_criteria',
    { ...(spec.success_criteria as object), ...criteria },
    Object.keys(criteria).length > 0,
  );
  // The gateway checks the rest: it names each field that is not valid.
  return spec as TaskSpecInput;
}

function criteriaOf(options: SubmitOptions): Record<string, unknown> {
  const { expectExit, expectFile, expectCommand, expectResult, verifiedBy, reviewBy, reviewFor } = options;
  if (reviewFor !== undefined && reviewBy === undefined)
    throw new CliError('usage', '--review-for needs --review-by: who is to look at that?');
  return {
    ...(expectExit === undefined ? {} : { exit_code: expectExit }),
    ...(expectFile.length === 0 ? {} : { files: expectFile.map((path) => ({ path })) }),
    ...(expectCommand === undefined ? {} : { command: { run: expectCommand } }),
    ...(expectResult === undefined ? {} : { result_schema: readJson(expectResult, 'a result schema') }),
    ...(verifiedBy === undefined ? {} : { verified_by: verifiedBy }),
    ...(reviewBy === undefined
      ? {}
      : { review: { role: reviewBy, ...(reviewFor === undefined ? {} : { instructions: reviewFor }) } }),
  };
}

/** `nova-torch submit` */
export function addSubmitCommand(program: Command, context: CommandContext): void {
  program
    .command('submit')
    .description('submit a task')
    .option('-t, --title <text>', 'title')
    .option('-d, --description <text>', 'description')
    .option('--type <name>', 'task type')
    .option('-r, --role <role>', 'only agents of this role')
    .option('-s, --skill <name>', 'a required skill; may be repeated', collect, [])
    .addOption(new Option('-p, --priority <priority>', 'priority').choices([...PRIORITIES]))
    .option('-i, --input <name=value>', 'an input; may be repeated', keyValue, {})
    .option('-l, --label <name=value>', 'a label; may be repeated', keyValue, {})
    .option('--after <task>', 'a task that must be completed first; may be repeated', collect, [])
    .option('--timeout <seconds>', 'time one attempt may run', seconds)
    .option('--start-timeout <seconds>', 'time an agent has to start it', seconds)
    .option('--progress-timeout <seconds>', 'time one attempt may run without progress', seconds)
    .option('--run-at <time>', 'not before; such as 2026-12-24T18:00:00Z', instant)
    .option('--deadline <time>', 'not completed by then: expired', instant)
    .option('--ttl <seconds>', 'time to live', seconds)
    .option('--retries <n>', 'retries after a failed attempt', seconds)
    .option('--expect-exit <code>', 'completed only if the command ends with this exit code', exitCode)
    .option(
      '--expect-file <path>',
      'completed only if this file is in the workspace; may be repeated',
      collect,
      [],
    )
    .option('--expect-command <line>', 'completed only if this shell line passes in the workspace')
    .option('--expect-result <file>', 'completed only if the result satisfies the JSON schema in this file')
    .option(
      '--verified-by <role>',
      'files and command are checked by an agent of this role, if its own has no host',
    )
    .option('--review-by <role>', 'completed only if another agent of this role approves')
    .option('--review-for <text>', 'what the reviewer is to look at')
    .option('-f, --file <file>', 'the whole task as JSON; - is stdin')
    .option('--idempotency-key <key>', 'the same key and task again is the same task')
    .option('-w, --wait', 'wait for its end', false)
    .addHelpText(
      'after',
      '\nExamples:\n  nova-torch submit --title "Inventory" --skill inventory --input path=$PWD --wait\n  nova-torch submit --file task.json --priority high\n  nova-torch submit --title "Report" --skill report --after task-0-0193… --input output=/tmp/report.md\n  nova-torch submit --title "Fix it" --role developer --expect-exit 0 --expect-file report.md --expect-command "npm test"\n  nova-torch submit --title "Fix it" --role developer --review-by qa --review-for "Are the edge cases tested?"',
    )
    .action(async (options: SubmitOptions) => {
      const client = await openClient(context);
      const { idempotencyKey } = options;
      const accepted = await client.submitTask(
        specOf(options),
        idempotencyKey === undefined ? {} : { idempotencyKey },
      );
      const output = context.output();
      if (!options.wait) {
        output.result(
          accepted,
          () => `${accepted.task_id} ${accepted.status} (durability: ${accepted.durability})`,
        );
        return;
      }
      output.line(`${accepted.task_id} ${accepted.status}`);
      const { signal, done } = interruptible();
      await waitAndShow(client, accepted.task_id, undefined, output, signal).finally(done);
    });
}
