import type { Broker } from '../broker.ts';
import { asNumber } from '../replies.ts';
import { defineScript } from '../script.ts';

const take = defineScript<number>({
  name: 'take-slot',
  file: new URL('./take-slot.lua', import.meta.url),
  parse: asNumber,
});

const release = defineScript<boolean>({
  name: 'release-slot',
  file: new URL('./release-slot.lua', import.meta.url),
  parse: (reply) => asNumber(reply) === 1,
});

/** Takes the first lease that is free or the instance's own, for `ttlMs`; its index, or undefined if there is none. */
export async function takeSlot(
  broker: Broker,
  leaseKeys: readonly string[],
  instance: string,
  ttlMs: number,
): Promise<number | undefined> {
  const index = await broker.run(take, { keys: leaseKeys, args: [instance, ttlMs] });
  return index < 0 ? undefined : index;
}

/** Gives a lease back; false if it was not the instance's. */
export function releaseSlot(broker: Broker, leaseKey: string, instance: string): Promise<boolean> {
  return broker.run(release, { keys: [leaseKey], args: [instance] });
}
