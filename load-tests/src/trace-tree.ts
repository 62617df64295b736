import { attributesOf, type ReceivedSpan } from '@nova-torch/testing';

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
const NANOS_PER_MS = 1_000_000n;

/**
 * The spans of one trace as a tree: when each began, in ms after the first, how long it took, whose it is, and what it
 * stands for. A span whose parent is not among them stands at the left.
 */
export function traceLines(spans: readonly ReceivedSpan[]): string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const sorted = spans.toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)));
  const below = Map.groupBy(sorted, ({ parentSpanId = '' }) => (ids.has(parentSpanId) ? parentSpanId : ''));
  const beganAt = BigInt(sorted[0]?.startTimeUnixNano ?? 0);
  const lines: string[] = [];
  const show = (span: ReceivedSpan, depth: number): void => {
    const start = msBetween(beganAt, BigInt(span.startTimeUnixNano));
    const took = msBetween(BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano));
    const head = `${start.padStart(8)} ${took.padStart(8)}  ${span.service.padEnd(12)}`;
    lines.push(`${head} ${'  '.repeat(depth)}${span.name} (${KINDS[span.kind]})${notes(span)}`);
    for (const child of below.get(span.spanId) ?? []) show(child, depth + 1);
  };
  for (const root of below.get('') ?? []) show(root, 0);
  return ['   at ms  took ms  process      span', ...lines];
}

const msBetween = (from: bigint, to: bigint): string =>
  (Number(((to - from) * 10n) / NANOS_PER_MS) / 10).toFixed(1);

function notes({ links = [], status, ...span }: ReceivedSpan): string {
  const { 'nova_torch.task.attempt': attempt, 'nova_torch.message.type': type } = attributesOf(span);
  return [
    type === undefined ? '' : ` ${type}`,
    attempt === undefined ? '' : `, attempt ${attempt}`,
    ...links.map(({ spanId }) => `, linked to ${spanId.slice(0, 8)}`),
    status?.code === 2 ? `, FAILED: ${status.message}` : '',
  ].join('');
}
