import { tagOf } from '@nova-torch/protocol';
import type { Counts } from '@nova-torch/streams/backup';
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { homeOf, localBroker } from '../installation.ts';
import { duration } from '../output.ts';

const HOLD_MS_DEFAULT = 1500;
const HOLD_MS_MAX = 60_000;
const PARTITION_MAX = 9999;

function wholeNumber(what: string, min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < min || number > max)
      throw new InvalidArgumentError(`${what} is a whole number from ${min} to ${max}.`);
    return number;
  };
}

/** What the keys of one partition begin with, or those of all. */
function prefixesOf(partition: number | undefined): string[] {
  if (partition !== undefined) return [tagOf(partition)];
  const first = tagOf(0);
  return [first, `${first.slice(0, -1)}:`];
}

function brokerUrl(context: CommandContext, option: string | undefined): string {
  const url = option || context.env.NOVA_BROKER_URL || localBroker(homeOf(context.env));
  if (url) return url;
  throw new CliError('usage', 'no broker is named', 'Give one with --broker or NOVA_BROKER_URL.');
}

const moment = (ms: number): string => new Date(ms).toISOString();

function countLines({ keys, items, pending, by_type }: Counts): string[] {
  const types = Object.entries(by_type)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([type, count]) => `${count} ${type}`);
  return [
    `  ${keys} keys (${types.join(', ') || 'none'})`,
    `  ${items} items, ${pending} entries taken and not acknowledged`,
  ];
}

/** Errors of a broker and of a file as exit codes: what a person can mend comes with its message. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (/^Broker(Unavailable|Timeout)Error$/.test(error.name))
      throw new CliError('unavailable', error.message);
    if (error.name === 'BrokerAuthError') throw new CliError('refused', error.message);
    throw error;
  }
}

/** `nova-torch backup create`, `verify`, `restore` */
export function addBackupCommands(program: Command, context: CommandContext): void {
  const backup = program
    .command('backup')
    .description('save what the broker holds, and bring it to another broker');
  addCreate(backup, context);
  addVerify(backup, context);
  addRestore(backup, context);
}

function addCreate(backup: Command, context: CommandContext): void {
  backup
    .command('create <file>')
    .description('write everything the platform keeps in the broker to a file, while it runs')
    .option('--broker <url>', 'the broker (default: NOVA_BROKER_URL, else that of the local installation)')
    .option(
      '--partition <n>',
      'only this partition (default: all)',
      wholeNumber('a partition', 0, PARTITION_MAX),
    )
    .option(
      '--max-hold <ms>',
      'how long the broker may hold writes back for the last look',
      wholeNumber('the time', 1, HOLD_MS_MAX),
      HOLD_MS_DEFAULT,
    )
    .addHelpText(
      'after',
      '\nThe picture is of one moment: writes are held back for a few milliseconds then, none is refused.\nIt does not hold the journal of the gateway: copy its directory as well.\n\nExamples:\n  nova-torch backup create pool.backup\n  nova-torch backup create pool.backup --broker redis://:secret@10.0.0.5:6379',
    )
    .action(async (file: string, options: { broker?: string; partition?: number; maxHold: number }) => {
      const { createBackup } = await import('@nova-torch/streams/backup');
      const url = brokerUrl(context, options.broker);
      const made = await told(
        createBackup({ url, file, prefixes: prefixesOf(options.partition), maxHoldMs: options.maxHold }),
      );
      context
        .output()
        .result(made, () => [
          `${file}: as of ${moment(made.taken_at_ms)}, from ${made.source.kind} ${made.source.version}`,
          ...countLines(made),
          `  ${made.bytes} bytes in ${duration(made.took_ms)}; writes were held back for ${duration(made.held_ms)}`,
          `  sha256 ${made.sha256}`,
        ]);
    });
}

function addVerify(backup: Command, context: CommandContext): void {
  backup
    .command('verify <file>')
    .description('read a backup to its end and compare its counts and checksums')
    .addHelpText('after', '\nExamples:\n  nova-torch backup verify pool.backup')
    .action(async (file: string) => {
      const { verifyBackup } = await import('@nova-torch/streams/backup');
      const { header, trailer } = await verifyBackup(file);
      context
        .output()
        .result({ file, header, trailer }, () => [
          `${file} is whole: as of ${moment(header.taken_at_ms)}, from ${header.source.kind} ${header.source.version}`,
          ...countLines(trailer),
          `  sha256 ${trailer.sha256}`,
        ]);
    });
}

function addRestore(backup: Command, context: CommandContext): void {
  backup
    .command('restore <file>')
    .description('write a backup into an empty broker of any kind, and compare it afterwards')
    .option('--broker <url>', 'the broker (default: NOVA_BROKER_URL)')
    .option('--replace', 'delete what the broker holds of the platform before', false)
    .addHelpText(
      'after',
      '\nA broker that services or agents are connected to is refused. Start them on it afterwards.\n\nExamples:\n  nova-torch backup restore pool.backup --broker redis://10.0.0.6:6379\n  nova-torch backup restore pool.backup --replace',
    )
    .action(async (file: string, options: { broker?: string; replace: boolean }) => {
      const { restoreBackup } = await import('@nova-torch/streams/backup');
      const url = brokerUrl(context, options.broker);
      const restored = await told(restoreBackup({ url, file, replace: options.replace }));
      context
        .output()
        .result({ file, ...restored }, () => [
          `${file} is restored to ${restored.target.kind} ${restored.target.version}, and every key was compared`,
          ...countLines(restored),
          `  ${restored.expired} had expired since ${moment(restored.header.taken_at_ms)}; ${restored.replaced} were replaced; it took ${duration(restored.took_ms)}`,
        ]);
    });
}
