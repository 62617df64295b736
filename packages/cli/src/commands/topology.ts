import { resolve } from 'node:path';
import {
  deadLetterOwner,
  keptUnder,
  type Messaging,
  policyName,
  type Retention,
  STREAMS,
  type StreamRow,
  tagOf,
} from '@nova-torch/protocol';
import { loadMessaging, MessagingFileError } from '@nova-torch/service-kit/messaging-file';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { tableLines } from '../output.ts';

type Policy = Messaging[keyof Messaging];

/** One stream as it will be. */
interface ShownStream {
  readonly stream: string;
  readonly kind: StreamRow['kind'];
  readonly carries: readonly string[];
  readonly written_by: readonly string[];
  /** Consumer groups of a work stream; a feed has none. */
  readonly groups: readonly string[];
  readonly readers: readonly string[];
  /** Where its dead letters lie, and which service is asked about them. */
  readonly dead_letters?: { readonly stream: string; readonly kept_by: string };
  /** None for streams that live as long as their reader. */
  readonly policy?: Policy;
}

function shownStreams(messaging: Messaging): ShownStream[] {
  const tag = tagOf(0);
  return (Object.keys(STREAMS) as (keyof typeof STREAMS)[]).map((field) => {
    const row: StreamRow = STREAMS[field];
    const { name, kind, carries, writtenBy, readBy } = row;
    const base = { stream: `${tag}.${name}`, kind, carries, written_by: writtenBy, readers: readBy };
    const policy = field === 'replies' ? {} : { policy: messaging[field] };
    if (kind === 'feed') return { ...base, groups: [], ...policy };
    const kept = keptUnder(policyName(field));
    return {
      ...{ ...base, groups: readBy },
      dead_letters: { stream: `${tag}.${kept}.dlq`, kept_by: deadLetterOwner(kept) ?? 'nobody' },
      ...policy,
    };
  });
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const;

function age(seconds: number): string {
  const [size, unit] = UNITS.find(([size]) => seconds % size === 0) ?? [1, 's'];
  return `${seconds / size} ${unit}`;
}

const kept = (retention: Retention): string => `${retention.max_entries}, ${age(retention.max_age_s)}`;

function cells({ stream, kind, readers, policy }: ShownStream): string[] {
  const head = [stream, kind, readers.join(', ')];
  if (policy === undefined) return [...head, '-', '-', '-', '-', 'as long as its reader lives', '-'];
  if ('retention' in policy) return [...head, '-', '-', '-', '-', kept(policy.retention), '-'];
  if (!('batch' in policy)) {
    return [...head, '-', '-', '-', '-', 'until acknowledged', kept(policy.dead_letters)];
  }
  const { max_deliveries, backoff, batch, concurrency, dead_letters } = policy;
  const pause = `${backoff.initial_s} s x${backoff.factor} <= ${backoff.max_s} s`;
  return [
    ...[...head, String(max_deliveries), pause, String(batch), String(concurrency)],
    ...['until acknowledged', kept(dead_letters)],
  ];
}

const HEAD = ['stream', 'kind', 'read by', 'tries', 'pause', 'batch', 'at once', 'keeps', 'dead letters'];

function load(file: string | undefined): Messaging {
  try {
    return loadMessaging(file);
  } catch (error) {
    if (!(error instanceof MessagingFileError)) throw error;
    const lines = error.found.map(({ path, problem }) => `  ${path === '' ? '' : `${path}: `}${problem}`);
    throw new CliError('failed', [`${file} cannot be used:`, ...lines].join('\n'));
  }
}

/** `nova-torch topology` */
export function addTopologyCommand(program: Command, context: CommandContext): void {
  program
    .command('topology')
    .description('check the policy of the streams, and list every stream with its readers and its policy')
    .option('--file <file>', 'the policy (default: NOVA_MESSAGING_FILE, else the built-in one)')
    .action(({ file }: { file?: string }) => {
      const named = file ?? (context.env.NOVA_MESSAGING_FILE || undefined);
      const from = named === undefined ? undefined : resolve(named);
      const streams = shownStreams(load(from));
      context
        .output()
        .result({ policy_from: from ?? 'built-in', streams }, () => [
          `Policy: ${from ?? 'the built-in one'}`,
          '',
          ...tableLines(HEAD, streams.map(cells), 'No streams.'),
        ]);
    });
}
