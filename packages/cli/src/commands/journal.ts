import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { KeptTasks } from '@nova-torch/client';
import {
  inspectJournal,
  JournalFormatError,
  type JournalReport,
  type KeptTask,
  type ListedTask,
  openJournal,
} from '@nova-torch/journal';
import type { Command } from 'commander';
import { type CommandContext, openClient } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { homeOf } from '../installation.ts';
import { tableLines } from '../output.ts';

/** The one that is named, else that of NOVA_JOURNAL_DIR, else all of the local installation. */
function journalDirs(context: CommandContext, named: string | undefined): string[] {
  const one = named ?? (context.env.NOVA_JOURNAL_DIR || undefined);
  if (one !== undefined) return [resolve(one)];
  const root = join(homeOf(context.env), 'journal');
  const found = existsSync(root) ? readdirSync(root).filter(isInUse).sort() : [];
  if (found.length === 0) {
    throw new CliError('failed', `there is no journal in ${root}`, 'Name the directory of one.');
  }
  return found.map((name) => join(root, name));
}

/** Not one that was adopted: its tasks are another's. */
const isInUse = (name: string): boolean => !name.endsWith('.adopted');

function inspect(dir: string, onTask?: (task: ListedTask) => void): Promise<JournalReport> {
  return inspectJournal(dir, onTask).catch((error: unknown) => {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing) throw new CliError('failed', `there is no journal in ${dir}`);
    if (error instanceof JournalFormatError) throw new CliError('failed', error.message);
    throw error;
  });
}

function reportLines(dir: string, report: JournalReport): string[] {
  const { journal, segments, records, open, ended, damaged_bytes, cut_bytes } = report;
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const lines = [
    `${dir}: journal ${journal}, ${segments.length} segments, ${bytes} bytes, ${records} records`,
    `  ${open} tasks have not ended, ${ended} ended ones are kept`,
  ];
  for (const { file, damage } of segments) {
    for (const { offset, bytes: length, atEnd } of damage) {
      const isCut = atEnd && file === segments.at(-1)?.file;
      lines.push(`  ${file}: ${length} bytes at ${offset} ${isCut ? 'are a cut end' : 'are DAMAGED'}`);
    }
  }
  lines.push(
    damaged_bytes > 0
      ? `  ${damaged_bytes} bytes are damaged: the records in them are lost`
      : `  every record is whole${cut_bytes > 0 ? '; the end was cut short or is being written' : ''}`,
  );
  return lines;
}

/** Tasks in one call, by number and by characters of JSON. */
const TASKS_PER_CALL = 200;
const CHARS_PER_CALL = 4_000_000;

/** Gives every task of a journal to the gateway; it must not be in use. */
async function adopt(context: CommandContext, dir: string): Promise<{ tasks: number; adopted: number }> {
  const client = await openClient(context);
  const journal = await openJournal({ dir: resolve(dir) });
  const counts = { tasks: 0, adopted: 0 };
  let call: KeptTasks = [];
  let chars = 0;
  const send = async (): Promise<void> => {
    if (call.length === 0) return;
    counts.tasks += call.length;
    counts.adopted += (await client.adoptTasks(call)).adopted;
    call = [];
    chars = 0;
  };
  try {
    for (const taskId of [...journal.ended(), ...journal.open().map(({ task_id }) => task_id)]) {
      const kept = await journal.read(taskId);
      if (kept === undefined || isOver(kept)) continue;
      const one = { ...kept.task, ...(kept.end && { end: kept.end }) } as unknown as KeptTasks[number];
      const size = JSON.stringify(one).length;
      if (call.length >= TASKS_PER_CALL || chars + size > CHARS_PER_CALL) await send();
      call.push(one);
      chars += size;
    }
    await send();
    return counts;
  } finally {
    await journal.close();
  }
}

/** Nothing is to be done about a task that was not accepted, or that nobody knows any more. */
const isOver = ({ end }: KeptTask): boolean => end?.status === 'withdrawn' || end?.status === 'forgotten';

/** `nova-torch journal verify | list | adopt` */
export function addJournalCommands(program: Command, context: CommandContext): void {
  const journal = program
    .command('journal')
    .description('look at the journal of a gateway, running or not; adopt one');
  journal
    .command('verify [dir]')
    .description('check every record; fails if one is damaged')
    .action(async (named: string | undefined) => {
      const reports: (JournalReport & { dir: string })[] = [];
      for (const dir of journalDirs(context, named)) reports.push({ dir, ...(await inspect(dir)) });
      context.output().result(reports, () => reports.flatMap((report) => reportLines(report.dir, report)));
      const damaged = reports.filter(({ damaged_bytes }) => damaged_bytes > 0);
      if (damaged.length > 0) {
        throw new CliError(
          'failed',
          `damaged: ${damaged.map(({ dir }) => dir).join(', ')}`,
          'While the broker has its data nothing is lost: the tasks are there. Check the disk.',
        );
      }
    });
  journal
    .command('list [dir]')
    .description('list the tasks it keeps that have not ended')
    .option('-a, --all', 'ended ones too', false)
    .action(async (named: string | undefined, { all }: { all: boolean }) => {
      const tasks: (ListedTask & { dir: string })[] = [];
      for (const dir of journalDirs(context, named)) {
        await inspect(dir, (task) => {
          if (all || task.status === 'open') tasks.push({ dir, ...task });
        });
      }
      context.output().result(tasks, () =>
        tableLines(
          ['task', 'status', 'submitted', 'by', 'title'],
          tasks.map(({ task_id, status, submitted_at_ms, submitter, title }) => [
            ...[task_id, status, new Date(submitted_at_ms).toISOString(), submitter, title],
          ]),
          'No tasks.',
        ),
      );
    });
  journal
    .command('adopt <dir>')
    .description('give the tasks of a gateway that is gone for good to the one that runs')
    .action(async (dir: string) => {
      if (!existsSync(dir)) throw new CliError('failed', `there is no journal in ${dir}`);
      const counts = await adopt(context, dir);
      const aside = `${resolve(dir)}.adopted`;
      renameSync(resolve(dir), aside);
      context
        .output()
        .result({ ...counts, moved_to: aside }, () => [
          `${counts.tasks} tasks, ${counts.adopted} of them new to the gateway; the directory is now ${aside}`,
        ]);
    });
}
