import { asList, asNumber, type Broker, defineScript } from '@nova-torch/streams';

const script = defineScript({
  name: 'leader',
  file: new URL('./leader.lua', import.meta.url),
  parse: (reply) => {
    const [term, ms] = asList(reply);
    return { term: asNumber(term), leftMs: asNumber(ms) };
  },
});

/** Whose lease it is. */
export type Leadership =
  | { readonly held: true; readonly term: number }
  | { readonly held: false; readonly leftMs: number };

/** Takes the lease if it is free, or renews it under `term` (0 for none held), for `leaseMs`. */
export async function takeLeadership(
  broker: Broker,
  key: string,
  claim: { readonly instance: string; readonly term: number; readonly leaseMs: number },
): Promise<Leadership> {
  const args = [claim.instance, claim.term, claim.leaseMs];
  const { term, leftMs } = await broker.run(script, { keys: [key], args });
  return term === 0 ? { held: false, leftMs } : { held: true, term };
}

/** Gives the lease up, so that another router may take it at once. */
export async function giveUpLeadership(
  broker: Broker,
  key: string,
  instance: string,
  term: number,
): Promise<void> {
  await broker.run(script, { keys: [key], args: [instance, term, 0] });
}
