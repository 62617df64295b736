import type { z } from 'zod';
import { CATALOG, definitionOf, type Message } from './catalog.ts';
import { Envelope } from './envelope.ts';

export type Decoded =
  | { ok: true; message: Message }
  | { ok: false; error: string; partial?: { id?: string; type?: string; sender?: string } };

/** The schema of a whole message by its type. */
const schemas = new Map<string, z.ZodType>(
  CATALOG.map(({ type, payload }) => [type, Envelope.extend({ payload })]),
);

const describe = (issues: readonly { path: PropertyKey[]; message: string }[]): string =>
  issues
    .slice(0, 5)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`))
    .join('; ');

/**
 * Wire form of messages: one JSON object. Decoding checks the envelope and the payload by its type; it never
 * throws, because what does not parse must reach the dead letters with the reason.
 */
export const codec = {
  bytesMax: (type: string): number | undefined => definitionOf(type)?.bytesMax,
  encode(message: Message): string {
    return JSON.stringify(message);
  },
  /** What log lines about a message have: trace_id, correlation_id, and task_id and agent_id where its payload names them. */
  idsOf({ correlation_id, traceparent, payload }: Message): Record<string, string> {
    const { task_id, agent_id } = payload as { task_id?: unknown; agent_id?: unknown };
    // A traceparent is 00-<32 digits>-…, as the envelope has checked.
    const ids = { trace_id: traceparent?.slice(3, 35), correlation_id, task_id, agent_id };
    return Object.fromEntries(
      Object.entries(ids).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  },
  decode(json: string): Decoded {
    let raw: unknown;
    try {
      raw = JSON.parse(json);
    } catch (error) {
      return { ok: false, error: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
    }
    const type = typeof raw === 'object' && raw !== null && 'type' in raw ? raw.type : undefined;
    // Envelope and payload in one pass: it is the hottest code of every consumer.
    const whole = typeof type === 'string' ? schemas.get(type) : undefined;
    const parsed = (whole ?? Envelope).safeParse(raw);
    if (!parsed.success) return { ok: false, error: describe(parsed.error.issues), partial: partialOf(raw) };
    if (whole === undefined) {
      return { ok: false, error: `type: ${String(type)} is not in the catalog`, partial: partialOf(raw) };
    }
    return { ok: true, message: parsed.data as Message };
  },
};

function partialOf(raw: unknown): { id?: string; type?: string; sender?: string } {
  const partial: { id?: string; type?: string; sender?: string } = {};
  if (typeof raw !== 'object' || raw === null) return partial;
  for (const name of ['id', 'type', 'sender'] as const) {
    const value = (raw as Record<string, unknown>)[name];
    if (typeof value === 'string') partial[name] = value;
  }
  return partial;
}
