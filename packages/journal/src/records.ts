// What stands in a journal. The journal knows of a task what it needs to decide how long it is kept; the rest it gives
// back as it got it.

/** A task as it was submitted. */
export interface Submission {
  readonly task_id: string;
  readonly submitted_at_ms: number;
  /** Who submitted it. */
  readonly submitter: string;
  /** The task itself. */
  readonly spec: TaskOutline;
  readonly traceparent?: string | undefined;
  /** The idempotency key it was submitted under: where it is kept, and what is kept there. */
  readonly reservation?: Reservation | undefined;
}

/** The parts of a task's specification that the journal looks at. */
export interface TaskOutline {
  readonly workflow_id?: string | undefined;
  /** Ids of tasks, alone or with how it depends on them. */
  readonly dependencies?: readonly (string | { readonly task_id: string })[] | undefined;
  readonly [other: string]: unknown;
}

/** The ids of what a task depends on. */
export const dependenciesOf = ({ dependencies = [] }: TaskOutline): string[] =>
  dependencies.map((one) => (typeof one === 'string' ? one : one.task_id));

export interface Reservation {
  readonly key: string;
  readonly value: string;
}

/** How a task ended. `withdrawn`: it was not accepted after all. `forgotten`: nobody knows any more how it ended. */
export interface Ending {
  readonly task_id: string;
  readonly status: string;
  readonly ended_at_ms: number;
  readonly [other: string]: unknown;
}

/** The first record of each segment. */
export interface Heading {
  readonly t: 'head';
  readonly version: 1;
  readonly journal: string;
  readonly segment: number;
}

/** `n` numbers the records of a journal; a copy keeps its number. */
export type JournalRecord =
  | Heading
  | { readonly t: 'task'; readonly n: number; readonly task: Submission }
  | { readonly t: 'end'; readonly n: number; readonly end: Ending }
  | { readonly t: 'again'; readonly n: number; readonly task_id: string };

/** A record as bytes. */
export const encodeRecord = (record: JournalRecord): Buffer => Buffer.from(JSON.stringify(record));

/** A record from bytes whose checksum held; undefined for what this version does not know. */
export function decodeRecord(payload: Buffer): JournalRecord | undefined {
  const record = parse(payload) as JournalRecord | undefined;
  switch (record?.t) {
    case 'head':
      return record.version === 1 ? record : undefined;
    case 'task':
    case 'end':
    case 'again':
      return record;
    default:
      return undefined;
  }
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
