// What the broker tells, judged by the bounds of the alert rules.
import type { Backlog, ServerLoad } from '@nova-torch/streams';
import { duration } from '../output.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** What waits in a stream for the consumers of one group. */
export type ReadBy = Backlog & { readonly group: string };

const MEMORY_HIGH = 0.8;
const MEMORY_FULL = 0.95;
const SAVED_MAX_MS = 2 * 3_600_000;
const CLOCK_MAX_MS = 500;
const WAITING_MAX_MS = 10_000;
const PENDING_MAX_MS = 120_000;
const LAG_MAX = 10_000;

const mib = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;

/** How much of its memory the broker uses. */
export function judgeMemory({ memoryUsedBytes: used, memoryMaxBytes: max }: ServerLoad): Finding {
  const check = 'broker memory';
  if (used === undefined) return ok(check, 'the broker does not tell');
  if (!max) return ok(check, `${mib(used)} used; nothing bounds it`, 'broker-memory-unbounded');
  const detail = `${mib(used)} of ${mib(max)} used`;
  const fix = 'Raise maxmemory, or stop what fills it.';
  if (used > MEMORY_FULL * max) return problem(check, detail, fix, 'broker-memory-full');
  return used > MEMORY_HIGH * max ? warning(check, detail, fix, 'broker-memory-high') : ok(check, detail);
}

/** Whether the broker saves what it holds; `nowMs` by its own clock. */
export function judgePersistence(
  { persistenceOk, savedAtMs, appendOnly }: ServerLoad,
  nowMs: number,
): Finding {
  const check = 'broker saves';
  if (persistenceOk === false)
    return problem(
      check,
      'its last save, or write of its append-only file, failed',
      'Look at its log and its disk.',
      'broker-persistence-failed',
    );
  if (appendOnly) return ok(check, 'each write, to its append-only file');
  if (savedAtMs === undefined) return ok(check, persistenceOk ? 'no failure' : 'the broker does not tell');
  const age = Math.max(0, nowMs - savedAtMs);
  return age > SAVED_MAX_MS
    ? warning(
        check,
        `the last was ${duration(age)} ago`,
        'Switch saving on, or BGSAVE.',
        'broker-snapshot-old',
      )
    : ok(check, `the last was ${duration(age)} ago`);
}

/** How far this machine's clock and the broker's are apart, in ms. */
export function judgeClock(offsetMs: number): Finding {
  const detail = `${duration(Math.abs(offsetMs))} from the broker's`;
  return Math.abs(offsetMs) > CLOCK_MAX_MS
    ? warning('clock', detail, 'Set the clock of the machine that is wrong.', 'clock-skew')
    : ok('clock', detail);
}

/** Whether what waits in work streams is read and settled; one finding if it is, else one for each that is not. */
export function judgeBacklogs(queues: readonly ReadBy[], nowMs: number): Finding[] {
  const bad = queues.flatMap((queue) => judgeBacklog(queue, nowMs) ?? []);
  return bad.length > 0 ? bad : [ok('queues', `${queues.length} are read and settled`)];
}

function judgeBacklog(queue: ReadBy, nowMs: number): Finding | undefined {
  const { stream, group, lag, oldestWaitingMs, oldestPendingMs, consumers } = queue;
  const since = (ms: number | undefined) => (ms === undefined ? 0 : nowMs - ms);
  const waits = since(oldestWaitingMs);
  const detail = `${stream}: ${lag >= LAG_MAX ? `${LAG_MAX} or more` : lag} wait for ${group}, the oldest ${duration(waits)}`;
  const look = 'nova-torch status says whether that service is there.';
  if (waits > WAITING_MAX_MS)
    return consumers.length === 0
      ? problem('queues', `${detail}; nobody reads it`, look, 'no-consumer')
      : problem('queues', detail, look, 'queue-stale');
  if (lag >= LAG_MAX) return warning('queues', detail, 'More comes in than is taken.', 'queue-backlog');
  if (since(oldestPendingMs) > PENDING_MAX_MS)
    return warning(
      'queues',
      `${stream}: ${group} took messages ${duration(since(oldestPendingMs))} ago and settled them not`,
      'Restart whoever holds them.',
      'pending-stuck',
    );
  return undefined;
}
