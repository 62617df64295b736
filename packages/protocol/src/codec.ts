import type { Message } from './catalog.ts';
import { definitionOf } from './catalog.ts';
import { Envelope } from './envelope.ts';

export type Decoded =
  | { ok: true; message: Message }
  | { ok: false; error: string; partial?: { id?: string; type?: string; sender?: string } };

const describe = (issues: readonly { path: PropertyKey[]; message: string }[], prefix: string): string =>
  issues
    .slice(0, 5)
    .map(({ path, message }) => `${[prefix, ...path.map(String)].filter(Boolean).join('.')}: ${message}`)
    .join('; ');

/**
 * Wire form of messages: one JSON object. Decoding checks the envelope and the payload by its type; it never
 * throws, because what does not parse must reach the dead letters with the reason.
 */
export const codec = {
  encode(message: Message): string {
    return JSON.stringify(message);
  },
  decode(json: string): Decoded {
    let raw: unknown;
    try {
      raw = JSON.parse(json);
    } catch (error) {
      return { ok: false, error: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
    }
    const envelope = Envelope.safeParse(raw);
    if (!envelope.success)
      return { ok: false, error: describe(envelope.error.issues, ''), partial: partialOf(raw) };
    const definition = definitionOf(envelope.data.type);
    if (!definition) {
      return {
        ok: false,
        error: `type: ${envelope.data.type} is not in the catalog`,
        partial: partialOf(raw),
      };
    }
    const payload = definition.payload.safeParse(envelope.data.payload);
    if (!payload.success) {
      return { ok: false, error: describe(payload.error.issues, 'payload'), partial: partialOf(raw) };
    }
    return { ok: true, message: { ...envelope.data, payload: payload.data } as Message };
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
