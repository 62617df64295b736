import type { NovaClient } from '@nova-torch/client';
import type { Schedule, ScheduleSpecInput, TaskSpecInput } from '@nova-torch/protocol';
import { type Command, Option } from 'commander';
import { type CommandContext, openClient } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { instant, span } from '../option-values.ts';
import { tableLines } from '../output.ts';
import { readJson } from './task-options.ts';

interface CreateOptions {
  file?: string;
  title?: string;
  name?: string;
  cron?: string;
  every?: number;
  timezone?: string;
  overlap?: string;
  catchUp?: string;
  endsAt?: string;
  maxRuns?: string;
}

const at = (ms: number | undefined): string => (ms === undefined ? '-' : new Date(ms).toISOString());
const when = ({ cron, every_s: every, timezone }: Schedule['spec']): string =>
  cron === undefined ? `every ${every} s` : `${cron} (${timezone})`;

function scheduleLines(schedule: Schedule): string[] {
  const { spec, runs, skipped, missed } = schedule;
  return [
    `${schedule.schedule_id}  ${schedule.status}`,
    ...(spec.name === undefined ? [] : [`  name       ${spec.name}`]),
    `  task       ${spec.task.title}`,
    `  when       ${when(spec)}, overlap ${spec.overlap}, catch up ${spec.catch_up}`,
    `  next run   ${at(schedule.next_run_at_ms)}`,
    `  last run   ${at(schedule.last_run_at_ms)} ${schedule.last_task_id ?? ''}`.trimEnd(),
    `  so far     ${runs} run, ${skipped} skipped, ${missed} missed`,
  ];
}

function specOf(options: CreateOptions): ScheduleSpecInput {
  const { file, title, name, cron, every, timezone, overlap, catchUp, endsAt, maxRuns } = options;
  const task = {
    ...(file === undefined ? {} : readJson(file, 'a task')),
    ...(title !== undefined && { title }),
  };
  if (task.title === undefined)
    throw new CliError('usage', 'a task needs a title', 'Give --title, or a file with --file.');
  // The gateway checks the rest: it names each field that is not valid.
  return {
    task: task as TaskSpecInput,
    ...(name !== undefined && { name }),
    ...(cron !== undefined && { cron }),
    ...(every !== undefined && { every_s: every }),
    ...(timezone !== undefined && { timezone }),
    ...(overlap !== undefined && { overlap: overlap as 'skip' | 'queue' }),
    ...(catchUp !== undefined && { catch_up: catchUp as 'none' | 'one' }),
    ...(endsAt !== undefined && { ends_at: endsAt }),
    ...(maxRuns !== undefined && { max_runs: Number(maxRuns) }),
  };
}

function addCreateCommand(schedule: Command, context: CommandContext): void {
  schedule
    .command('create')
    .description('submit a task again and again')
    .option('-t, --title <text>', 'title of the task')
    .option('-f, --file <file>', 'the task as JSON; - is stdin')
    .option('--name <text>', 'name of the schedule')
    .option('--cron <expression>', 'five fields: minute, hour, day of month, month, day of week')
    .option('--every <span>', 'such as 90s, 5m, 2h or 1d, in the place of --cron', span)
    .option('--timezone <name>', 'of --cron; UTC unless given')
    .addOption(new Option('--overlap <how>', 'while the last one has not ended').choices(['skip', 'queue']))
    .addOption(new Option('--catch-up <how>', 'after runs were missed').choices(['none', 'one']))
    .option('--ends-at <time>', 'no run after it', instant)
    .option('--max-runs <n>', 'at most so many runs')
    .addHelpText(
      'after',
      '\nExamples:\n  nova-torch schedule create --title "Nightly report" --cron "0 3 * * *" --timezone Europe/Berlin\n  nova-torch schedule create --file task.json --every 15m --overlap queue',
    )
    .action(async (options: CreateOptions) => {
      const created = await (await openClient(context)).createSchedule(specOf(options));
      context.output().result(created, () => scheduleLines(created));
    });
}

/** `nova-torch schedule create|list|get|pause|resume|delete` */
export function addScheduleCommands(program: Command, context: CommandContext): void {
  const schedule = program.command('schedule').description('tasks that are submitted again and again');
  addCreateCommand(schedule, context);
  schedule
    .command('list')
    .description('list all schedules')
    .action(async () => {
      const schedules: Schedule[] = [];
      for await (const one of (await openClient(context)).listSchedules()) schedules.push(one);
      const row = (one: Schedule) => [
        ...[one.schedule_id, one.status, when(one.spec), at(one.next_run_at_ms)],
        one.spec.name ?? one.spec.task.title,
      ];
      context
        .output()
        .result({ schedules }, () =>
          tableLines(['schedule', 'status', 'when', 'next run', 'what'], schedules.map(row), 'No schedule.'),
        );
    });
  const act = (
    name: string,
    description: string,
    call: (client: NovaClient, id: string) => Promise<Schedule>,
  ) => {
    schedule
      .command(`${name} <schedule>`)
      .description(description)
      .action(async (id: string) => {
        const found = await call(await openClient(context), id);
        context.output().result(found, () => scheduleLines(found));
      });
  };
  act('get', 'show a schedule', (client, id) => client.getSchedule(id));
  act('pause', 'no run until it is resumed', (client, id) => client.pauseSchedule(id));
  act('resume', 'go on with the next run from now', (client, id) => client.resumeSchedule(id));
  act('delete', 'end and forget it; tasks it submitted go on', (client, id) => client.deleteSchedule(id));
}
