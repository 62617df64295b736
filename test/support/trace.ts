// Questions about a trace as a collector has it.
import { attributesOf, type ReceivedSpan } from '@nova-torch/testing';
import { expect } from 'vitest';

/** `gateway: POST /v1/tasks`, in the order in which the spans began. */
export const hopsOf = (spans: readonly ReceivedSpan[]): string[] =>
  inOrder(spans).map(({ service, name }) => `${service}: ${name}`);

/** By the ms in which they began; of those of one ms the parent comes before its child. */
export const inOrder = (spans: readonly ReceivedSpan[]): ReceivedSpan[] =>
  spans.toSorted(
    (a, b) =>
      Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)) ||
      pathOf(a, spans).length - pathOf(b, spans).length,
  );

/** Exactly one span has no parent, every other one's parent is among them, and no two have one id. */
export function expectOneTree(spans: readonly ReceivedSpan[], callersSpan?: string): void {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(ids.size).toBe(spans.length);
  const roots = spans.filter(({ parentSpanId }) => !parentSpanId || parentSpanId === callersSpan);
  expect(roots.map(({ name }) => name)).toHaveLength(1);
  const orphans = spans.filter((span) => !roots.includes(span) && !ids.has(span.parentSpanId ?? ''));
  expect(orphans.map(({ name }) => name)).toEqual([]);
}

/** The spans from this one up to its root, by name. */
export function pathOf(span: ReceivedSpan | undefined, spans: readonly ReceivedSpan[]): string[] {
  if (span === undefined) return [];
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [span.name, ...pathOf(parent, spans)];
}

/** The only span of this name for which the attributes hold. */
export function spanNamed(
  spans: readonly ReceivedSpan[],
  name: string,
  attributes: Record<string, unknown> = {},
): ReceivedSpan {
  const found = spans.filter(
    (span) =>
      span.name === name &&
      Object.entries(attributes).every(([key, value]) => attributesOf(span)[key] === value),
  );
  expect(found, `${name} ${JSON.stringify(attributes)}`).toHaveLength(1);
  return found[0] as ReceivedSpan;
}
