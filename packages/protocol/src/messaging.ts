// Policy of each stream: how long it keeps what, how often and how fast its messages are tried. Pure: the defaults, the
// schema of the file that may replace them (deploy/config/messaging.yaml), and what comes out for each stream.
import { z } from 'zod';
import { INBOXES, STREAMS, type StreamRow } from './streams.ts';

/** Policy of a work stream. What is not acknowledged is kept whatever the policy says. */
export interface WorkPolicy {
  /** Attempts of a message before it becomes a dead letter. */
  readonly max_deliveries: number;
  /** The pause after a failed attempt: `initial_s`, times `factor` after each further one, at most `max_s`. */
  readonly backoff: { readonly initial_s: number; readonly factor: number; readonly max_s: number };
  /** Entries taken by one read at most. */
  readonly batch: number;
  /** Messages handled at the same time by one consumer; 1 keeps the stream's order. */
  readonly concurrency: number;
  readonly dead_letters: Retention;
}

/** The oldest go when there are more entries, or when they are older. */
export interface Retention {
  readonly max_entries: number;
  readonly max_age_s: number;
}

export interface FeedPolicy {
  readonly retention: Retention;
}

/** Policy of the inboxes; the agents' own programs read them. */
export interface InboxPolicy {
  readonly dead_letters: Retention;
}

type Fields<K extends StreamRow['kind']> = {
  [F in keyof typeof STREAMS]: (typeof STREAMS)[F]['kind'] extends K ? F : never;
}[keyof typeof STREAMS];

/** The fields of the catalog with a policy; the streams of answers live as long as their reader and have none. */
export type WorkField = Exclude<Fields<'work'>, 'agentInbox'>;
export type FeedField = Exclude<Fields<'feed'>, 'replies'>;

/** The policy of every stream, by its field in the catalog. */
export type Messaging = Readonly<Record<WorkField, WorkPolicy>> &
  Readonly<Record<FeedField, FeedPolicy>> & { readonly agentInbox: InboxPolicy };

/** Attempts kept in a message's history, so that no message can have more. */
const DELIVERIES_LIMIT = 50;
/** Dead letters a stream can keep: whatever the policy says, a stream is cut there when a dead letter is written. */
export const DEAD_LETTERS_LIMIT = 1_000_000;
const DAY_S = 86_400;
const YEAR_S = 366 * DAY_S;

/** What work streams have unless more is said. */
export const WORK_DEFAULTS: WorkPolicy = {
  max_deliveries: 5,
  backoff: { initial_s: 0.2, factor: 2, max_s: 30 },
  batch: 256,
  concurrency: 1,
  dead_letters: { max_entries: 100_000, max_age_s: 30 * DAY_S },
};

/** What feeds have unless more is said. */
export const FEED_DEFAULTS: FeedPolicy = { retention: { max_entries: 100_000, max_age_s: 900 } };

/** Where a feed's default is another one. What control says holds for a day at most, and is to be found that long. */
export const FEED_FIELD_DEFAULTS: { readonly [F in FeedField]?: FeedPolicy } = {
  control: { retention: { max_entries: 10_000, max_age_s: DAY_S } },
};

/** Where a stream's default is another one than that of its kind. */
export const STREAM_DEFAULTS: { readonly [F in WorkField]?: Partial<WorkPolicy> } = {
  // A router that dies takes one attempt of each message it had in hand.
  tasksQueue: { max_deliveries: 25 },
  tasksReports: { max_deliveries: 25 },
  tasksQueries: { concurrency: 32 },
  // Starting a process takes some milliseconds in which others need not wait.
  agentsSpawning: { concurrency: 8 },
  agentsTerminating: { concurrency: 8 },
  upkeepRegistry: { concurrency: 4 },
  upkeepTaskRouter: { concurrency: 4 },
  upkeepSpawner: { concurrency: 4 },
  upkeepCollaboration: { concurrency: 4 },
};

/** Streams whose messages are handled in whole batches, in their order: one batch at a time. */
const IN_BATCHES: ReadonlySet<string> = new Set<WorkField>([
  'tasksQueue',
  'tasksReports',
  'tasksCompleted',
  'tasksFailed',
  'registry',
  'collaborationPeer',
]);

const whole = (min: number, max: number) =>
  z
    .number({ error: `a whole number from ${min} to ${max}` })
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, {
      error: `a whole number from ${min} to ${max}`,
    });
const amount = (min: number, max: number) =>
  z.number({ error: `a number from ${min} to ${max}` }).refine((value) => value >= min && value <= max, {
    error: `a number from ${min} to ${max}`,
  });

const retention = z.strictObject({
  max_entries: whole(1, DEAD_LETTERS_LIMIT).optional(),
  max_age_s: whole(1, YEAR_S).optional(),
});
const work = z.strictObject({
  max_deliveries: whole(1, DELIVERIES_LIMIT).optional(),
  backoff: z
    .strictObject({
      initial_s: amount(0, 3_600).optional(),
      factor: amount(1, 10).optional(),
      max_s: amount(0, DAY_S).optional(),
    })
    .optional(),
  batch: whole(1, 256).optional(),
  concurrency: whole(1, 256).optional(),
  dead_letters: retention.optional(),
});
const feed = z.strictObject({ retention: retention.optional() });
const inbox = z.strictObject({ dead_letters: retention.optional() });
const inBatches = work.extend({
  concurrency: z
    .never({ error: 'messages of this stream are handled in whole batches, in their order' })
    .optional(),
});

const fieldsOf = Object.keys(STREAMS) as (keyof typeof STREAMS)[];
const hasPolicy = (field: keyof typeof STREAMS): boolean => field !== 'replies';

/** The name under which the file speaks of a stream: that of the catalog, `agents.direct` for all inboxes. */
export const policyName = (field: keyof typeof STREAMS): string =>
  field === 'agentInbox' ? INBOXES : STREAMS[field].name;

function schemaOf(field: keyof typeof STREAMS): z.ZodType {
  if (field === 'agentInbox') return inbox;
  if (STREAMS[field].kind === 'feed') return feed;
  return IN_BATCHES.has(field) ? inBatches : work;
}

/**
 * The file: defaults for all work streams and all feeds, and what single streams have. Everything may be absent. A value
 * for a stream goes before its built-in one, that before the file's for its kind, and that before the built-in one.
 */
export const MessagingFile = z.strictObject({
  work: work.optional(),
  feeds: feed.optional(),
  streams: z
    .strictObject(
      Object.fromEntries(
        fieldsOf.filter(hasPolicy).map((field) => [policyName(field), schemaOf(field).optional()]),
      ),
    )
    .optional(),
});

export interface MessagingProblem {
  /** Where in the file, with slashes: `streams/tasks.queue/batch`. */
  readonly path: string;
  readonly problem: string;
}

export type ReadMessaging =
  | { readonly ok: true; readonly messaging: Messaging }
  | { readonly ok: false; readonly problems: readonly MessagingProblem[] };

/** Checks what a file says and works out the policy of every stream, or tells all that is wrong with it. */
export function readMessaging(given: unknown): ReadMessaging {
  const parsed = MessagingFile.safeParse(given ?? {});
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.flatMap(problemsOf) };
  const messaging = resolve(parsed.data as Given);
  const problems = contradictions(messaging);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, messaging };
}

type Partly<T> = { readonly [K in keyof T]?: (T[K] extends object ? Partial<T[K]> : T[K]) | undefined };
interface Given {
  readonly work?: Partly<WorkPolicy> | undefined;
  readonly feeds?: Partly<FeedPolicy> | undefined;
  readonly streams?: Readonly<Record<string, Partly<WorkPolicy> & Partly<FeedPolicy>>> | undefined;
}

/** The values of the later ones go before those of the earlier ones, field by field. */
function layered<T extends object>(first: T, ...more: readonly (Partly<T> | undefined)[]): T {
  const result = structuredClone(first) as Record<string, unknown>;
  for (const layer of more) {
    for (const [key, value] of Object.entries(layer ?? {})) {
      if (value === undefined) continue;
      const known = result[key];
      result[key] = typeof value === 'object' ? { ...(known as object), ...value } : value;
    }
  }
  return result as T;
}

function resolve({ work: allWork, feeds, streams = {} }: Given): Messaging {
  const policies: Record<string, WorkPolicy | FeedPolicy | InboxPolicy> = {};
  for (const field of fieldsOf.filter(hasPolicy)) {
    const own = streams[policyName(field)];
    if (STREAMS[field].kind === 'feed') {
      policies[field] = layered(FEED_DEFAULTS, feeds, FEED_FIELD_DEFAULTS[field as FeedField], own);
    } else if (field === 'agentInbox') {
      const { dead_letters } = layered(WORK_DEFAULTS, allWork, own);
      policies[field] = { dead_letters };
    } else {
      const usual = STREAM_DEFAULTS[field as WorkField];
      const policy = layered(WORK_DEFAULTS, allWork, usual, own);
      policies[field] = IN_BATCHES.has(field) ? { ...policy, concurrency: 1 } : policy;
    }
  }
  return policies as unknown as Messaging;
}

function contradictions(messaging: Messaging): MessagingProblem[] {
  return fieldsOf.filter(hasPolicy).flatMap((field) => {
    const policy: object = messaging[field as keyof Messaging];
    if (!('backoff' in policy)) return [];
    const { initial_s, max_s } = (policy as WorkPolicy).backoff;
    if (initial_s <= max_s) return [];
    const path = `streams/${policyName(field)}/backoff`;
    return [{ path, problem: `begins with ${initial_s} s, which is over its max_s of ${max_s}` }];
  });
}

function problemsOf(issue: z.core.$ZodIssue): MessagingProblem[] {
  const path = issue.path.map(String).join('/');
  if (issue.code !== 'unrecognized_keys') {
    const expectsMap = issue.code === 'invalid_type' && issue.expected === 'object';
    return [{ path, problem: expectsMap ? 'must be a map' : issue.message }];
  }
  return issue.keys.map((key) => ({
    path: path === '' ? key : `${path}/${key}`,
    problem: path === 'streams' ? 'there is no such stream' : 'there is no such field here',
  }));
}

/** The built-in policy of every stream, which the shipped deploy/config/messaging.yaml repeats. */
export const DEFAULT_MESSAGING: Messaging = resolve({});
