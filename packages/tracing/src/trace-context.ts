import { AsyncLocalStorage } from 'node:async_hooks';
import { drawRandom } from './random.ts';

/** A W3C `traceparent` taken apart. */
export interface TraceParent {
  traceId: string;
  spanId: string;
  sampled: boolean;
}

/** What is known about the work going on: it is on every log line and on everything sent from below it. */
export interface WorkContext {
  traceparent: string | undefined;
  correlation_id?: string | undefined;
  task_id?: string | undefined;
  agent_id?: string | undefined;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ODD_DIGITS = '13579bdf';
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

const storage = new AsyncLocalStorage<WorkContext>();

/** Parses a `traceparent`; undefined if it is absent or not valid by W3C Trace Context level 1. */
export function parseTraceparent(text: string | undefined): TraceParent | undefined {
  const match = text === undefined ? null : TRACEPARENT.exec(text);
  if (match === null) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (traceId === NO_TRACE || spanId === NO_SPAN) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Whether a valid `traceparent` says that its trace is sampled: cheap enough to be asked for every message. */
export function isSampled(traceparent: string): boolean {
  return traceparent.length > 54 && ODD_DIGITS.includes(traceparent.charAt(54));
}

/** Another place in the same trace. */
export function newPlace(traceparent: string): string {
  const bytes = drawRandom(8);
  // An id of zeros alone is not valid.
  if (bytes[0] === 0) bytes[0] = 1;
  return `${traceparent.slice(0, 36)}${bytes.toString('hex')}${traceparent.slice(52)}`;
}

/** The same place in the same trace, sampled. */
export function sampledTraceparent(traceparent: string): string {
  return `${traceparent.slice(0, 53)}01`;
}

/** Writes a `traceparent` of version 00. */
export function formatTraceparent(parent: TraceParent): string {
  return `00-${parent.traceId}-${parent.spanId}-${parent.sampled ? '01' : '00'}`;
}

/** A `traceparent` that starts a new trace. The share of sampled ones is `sampledRatio` (0 to 1, 1 unless told). */
export function newTraceparent(sampledRatio = 1): string {
  const bytes = drawRandom(24);
  // Ids of zeros alone are not valid.
  if (bytes[0] === 0) bytes[0] = 1;
  if (bytes[16] === 0) bytes[16] = 1;
  const traceId = bytes.toString('hex', 0, 16);
  return formatTraceparent({
    traceId,
    spanId: bytes.toString('hex', 16),
    sampled: isDrawn(traceId, sampledRatio),
  });
}

/** The decision every process takes alike from the trace id alone, the way OpenTelemetry's ratio sampler does. */
function isDrawn(traceId: string, sampledRatio: number): boolean {
  let accumulated = 0;
  for (let part = 0; part < 4; part += 1) {
    accumulated = (accumulated ^ Number.parseInt(traceId.slice(part * 8, part * 8 + 8), 16)) >>> 0;
  }
  return accumulated < Math.floor(sampledRatio * 0xffffffff) || sampledRatio >= 1;
}

/** The `traceparent` for whatever is sent from here; undefined outside any span. */
export function currentTraceparent(): string | undefined {
  return storage.getStore()?.traceparent;
}

/** What is known about the work going on here. */
export function currentWork(): WorkContext | undefined {
  return storage.getStore();
}

/** Runs `work` with the given context; what is not given is inherited. */
export function runInContext<R>(context: WorkContext, work: () => R): R {
  const outer = storage.getStore();
  return storage.run(outer === undefined ? context : { ...outer, ...definedOnly(context) }, work);
}

function definedOnly(context: WorkContext): WorkContext {
  return Object.fromEntries(
    Object.entries(context).filter(([, value]) => value !== undefined),
  ) as unknown as WorkContext;
}
