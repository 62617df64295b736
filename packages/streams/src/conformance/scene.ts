import { randomUUID } from 'node:crypto';
import { type Broker, openBroker } from '../broker.ts';
import type { Service } from '../consumer.ts';
import { type ConsumerSlot, leaseConsumerSlot } from '../consumer-slot.ts';
import type { Codec, MessageHead } from '../message.ts';
import type { StreamDeclaration } from '../stream-declaration.ts';

/** What a case works with: a connection, and keys of its own below a tag nobody else uses. */
export interface Scene {
  readonly broker: Broker;
  /** In braces. */
  readonly tag: string;
  /** Opens a further connection, closed when the case ends. */
  open(name: string): Promise<Broker>;
  /** Takes a consumer name of the group `cases`, given back when the case ends. */
  slot(instance: string, broker?: Broker): Promise<ConsumerSlot>;
  /** Stops it when the case ends. */
  keep<S extends Service>(service: S): S;
  /** A work stream of the group `cases` and this name. */
  stream(name: string): StreamDeclaration;
}

export const GROUP = 'cases';

/** A busy machine is slow, not wrong: what fails takes so long. */
export const PATIENT_MS = 15_000;

/** What it found, in words; it throws if that is wrong. */
export type Case = (scene: Scene) => Promise<string>;

/** Messages of the cases: plain JSON. */
export const caseCodec: Codec<MessageHead> = {
  encode: (message) => JSON.stringify(message),
  decode(json) {
    try {
      return { ok: true, message: JSON.parse(json) };
    } catch {
      return { ok: false, error: 'not JSON' };
    }
  },
};

/** A message that carries a number. */
export function caseMessage(n: number, nowMs: number, fields: Partial<MessageHead> = {}): MessageHead {
  const head = { id: randomUUID(), timestamp: nowMs / 1000, sender: 'conformance', target: 'cases' };
  return { ...head, type: 'case.v1', payload: n, ...fields };
}

/** Throws unless both are the same as JSON. */
export function expectEqual(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: found ${a}, expected ${b}`);
}

/** Resolves when the condition holds; rejects, naming it, when it does not within `withinMs`. */
export async function becomes(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = PATIENT_MS,
): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

/** Runs a case in a scene of its own, and takes everything away after it. */
export async function playCase(url: string, act: Case): Promise<string> {
  const tag = `{conformance-${randomUUID().slice(0, 13)}}`;
  const endings: (() => Promise<unknown>)[] = [];
  const open = async (name: string): Promise<Broker> => {
    const broker = await openBroker({ url, name: `conformance-${name}`, commandTimeoutMs: PATIENT_MS });
    endings.push(() => broker.close());
    return broker;
  };
  const broker = await open('main');
  endings.push(() => removeKeys(broker, tag));
  const scene: Scene = {
    broker,
    tag,
    open,
    keep(service) {
      endings.push(() => service.stop());
      return service;
    },
    async slot(instance, on = broker) {
      const lease = { tag, group: GROUP, service: 'case', instance, ttlMs: 60_000 };
      return scene.keep(await leaseConsumerSlot(on, lease));
    },
    stream: (name) => ({ key: `${tag}.${name}`, kind: 'work', groups: [GROUP] }),
  };
  try {
    return await act(scene);
  } finally {
    for (const end of endings.reverse()) await end().catch(() => undefined);
  }
}

/** Keys are found by their tag: a case names its streams as it likes, and each stream has keys beside it. */
async function removeKeys(broker: Broker, tag: string): Promise<void> {
  let cursor = '0';
  do {
    const reply = await broker.call('SCAN', cursor, 'MATCH', `${tag}*`, 'COUNT', 1000);
    const [next, keys] = Array.isArray(reply) ? reply : ['0', []];
    cursor = String(next);
    if (Array.isArray(keys) && keys.length > 0) await broker.call('DEL', ...keys.map(String));
  } while (cursor !== '0');
}
