import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DeadLetter, DeadLetterChoice, DeadLetterFilters, DeadLettersSettled } from '@nova-torch/client';
import type { DeadLetterSummary } from '@nova-torch/protocol';
import { type Command, InvalidArgumentError } from 'commander';
import { type CommandContext, interruptible, openClient } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { duration, tableLines } from '../output.ts';

const LIST_DEFAULT = 50;
const ERROR_CHARS = 100;

interface FilterOptions {
  stream?: string;
  reason?: string;
  type?: string;
  error?: string;
  since?: number;
  until?: number;
}

function timeMs(value: string): number {
  const ms = /^\d{12,}$/.test(value) ? Number(value) : Date.parse(value);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('it must be a time like 2026-01-31T08:00:00Z.');
  return ms;
}

function count(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('it must be a whole number above 0.');
  return number;
}

const withFilter = (command: Command): Command =>
  command
    .option('--stream <name>', 'only from this stream: tasks.queue, agents.direct (all inboxes)')
    .option(
      '--reason <code>',
      'only given up for this reason: attempts_exhausted, max_deliveries, invalid, expired',
    )
    .option('--type <type>', 'only messages of this type: task.submitted.v1')
    .option('--error <text>', 'only with this text in the error')
    .option('--since <time>', 'only given up at this time or later', timeMs)
    .option('--until <time>', 'only given up before this time', timeMs);

function filterOf({ stream, reason, type, error, since, until }: FilterOptions): DeadLetterFilters {
  return {
    ...(stream !== undefined && { stream }),
    ...(reason !== undefined && { reason }),
    ...(type !== undefined && { type }),
    ...(error !== undefined && { error }),
    ...(since !== undefined && { since_ms: since }),
    ...(until !== undefined && { until_ms: until }),
  };
}

const at = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

const row = (letter: DeadLetterSummary): string[] => [
  letter.dead_letter_id,
  at(letter.at_ms),
  letter.reason,
  String(letter.attempts),
  letter.message?.type ?? '?',
  letter.error.slice(0, ERROR_CHARS),
];

/** What a person wants to know of a dead letter. */
function letterLines(letter: DeadLetter): string[] {
  const { message, history, original } = letter;
  return [
    letter.dead_letter_id,
    `  given up   ${at(letter.at_ms)} by ${letter.group}: ${letter.reason}`,
    `  error      ${letter.error}`,
    `  stream     ${letter.stream}, entry ${letter.entry_id || 'none'}, ${letter.bytes} bytes`,
    ...(message
      ? [`  message    ${message.type} ${message.id} from ${message.sender} to ${message.target}`]
      : []),
    ...taskOf(letter),
    '',
    ...tableLines(
      ['at (UTC)', 'consumer', 'took', 'outcome', 'error'],
      history.map((one) => [
        at(one.at_ms),
        one.consumer,
        duration(one.duration_ms),
        one.outcome,
        (one.error ?? '').slice(0, ERROR_CHARS),
      ]),
      'No attempt was made.',
    ),
    '',
    pretty(original),
  ];
}

/** A task that failed for good: which one, and what putting it back does. */
function taskOf({ message, original }: DeadLetter): string[] {
  if (message?.type !== 'task.retry.v1') return [];
  const { payload } = JSON.parse(original) as { payload?: { task_id?: unknown } };
  return [`  task       ${payload?.task_id}: a replay tries it again from a clean start`];
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

/** Those named, or a filter, or all: exactly one of them. */
function choiceOf(ids: readonly string[], options: FilterOptions & { all?: boolean }): DeadLetterChoice {
  const filter = filterOf(options);
  const given = [ids.length > 0, Object.keys(filter).length > 0, options.all === true];
  if (given.filter(Boolean).length !== 1)
    throw new CliError('usage', 'name dead letters, or give a filter, or --all: one of the three');
  if (ids.length > 0) return { dead_letter_ids: ids };
  return options.all === true ? { all: true } : { filter };
}

function settledLines({ results, counts }: DeadLettersSettled, named: boolean): string[] {
  const lines = named
    ? results.map(
        ({ dead_letter_id: id, outcome, entry_id: entry }) =>
          `${id}  ${outcome}${entry === undefined ? '' : ` as ${entry}`}`,
      )
    : [];
  const sums = Object.entries(counts).map(([outcome, many]) => `${many} ${outcome}`);
  return [...lines, sums.length === 0 ? 'No dead letter fits.' : sums.join(', ')];
}

async function settle(
  context: CommandContext,
  kind: 'replay' | 'discard',
  ids: readonly string[],
  options: FilterOptions & { all?: boolean },
): Promise<void> {
  const choice = choiceOf(ids, options);
  const client = await openClient(context);
  const settled =
    kind === 'replay' ? await client.replayDeadLetters(choice) : await client.discardDeadLetters(choice);
  context.output().result(settled, () => settledLines(settled, ids.length > 0));
  const left = settled.results.filter(({ outcome }) => ['unknown', 'no_stream', 'expired'].includes(outcome));
  if (left.length > 0) throw new CliError('failed', `${left.length} could not be ${kind}ed`);
}

/** `nova-torch dead-letters list|show|replay|discard|export` */
export function addDeadLetterCommands(program: Command, context: CommandContext): void {
  const letters = program
    .command('dead-letters')
    .alias('dlq')
    .description('messages and tasks that were given up: see them, put them back, throw them away');
  withFilter(letters.command('list'))
    .description('list them, stream by stream, in each the newest first')
    .option('-n, --limit <n>', 'at most so many', count, LIST_DEFAULT)
    .addHelpText(
      'after',
      '\nExample:\n  nova-torch dead-letters list --stream tasks.queue --since 2026-01-31\n  nova-torch dlq list --reason attempts_exhausted',
    )
    .action(async ({ limit, ...options }: FilterOptions & { limit: number }) => {
      const client = await openClient(context);
      const found: DeadLetterSummary[] = [];
      for await (const letter of client.listDeadLetters(filterOf(options))) {
        found.push(letter);
        if (found.length === limit) break;
      }
      const head = ['dead letter', 'given up (UTC)', 'reason', 'attempts', 'type', 'error'];
      context
        .output()
        .result({ dead_letters: found }, () => tableLines(head, found.map(row), 'No dead letter.'));
    });
  letters
    .command('show <id>')
    .description('show one with every attempt and its message')
    .addHelpText('after', '\nExample:\n  nova-torch dead-letters show tasks.queue:1763683200123-0')
    .action(async (id: string) => {
      const letter = await (await openClient(context)).getDeadLetter(id);
      context.output().result(letter, () => letterLines(letter));
    });
  for (const [kind, what] of [
    ['replay', 'put them back on the streams they came from, each once'],
    ['discard', 'throw them away'],
  ] as const) {
    withFilter(letters.command(`${kind} [ids...]`))
      .description(`${what}: those named, or those that fit`)
      .option('--all', 'all there are')
      .addHelpText(
        'after',
        `\nExamples:\n  nova-torch dead-letters ${kind} tasks.queue:1763683200123-0\n  nova-torch dead-letters ${kind} --reason max_deliveries`,
      )
      .action((ids: string[], options: FilterOptions & { all?: boolean }) =>
        settle(context, kind, ids, options),
      );
  }
  withFilter(letters.command('export'))
    .description('write them whole, one JSON document per line')
    .option('-o, --output <file>', 'into this file, which must not exist (default: standard output)')
    .addHelpText('after', '\nExample:\n  nova-torch dead-letters export --output dead-letters.ndjson')
    .action(async ({ output, ...options }: FilterOptions & { output?: string }) => {
      const { signal, done } = interruptible();
      try {
        const client = await openClient(context);
        const lines = await client.exportDeadLetters(filterOf(options), { signal });
        const source = Readable.from(lines);
        if (output !== undefined) {
          await pipeline(source, createWriteStream(output, { flags: 'wx', mode: 0o600 }), { signal });
          return;
        }
        const decoder = new TextDecoder();
        for await (const part of source) context.output().raw(decoder.decode(part, { stream: true }));
      } finally {
        done();
      }
    });
}
