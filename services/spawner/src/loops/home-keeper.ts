// Says in the broker that the spawner of this home is here. On one machine the lock file already keeps a second one
// out; this keeps out one on another machine that shares the directory, and tells the others that this host lives.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { HomeTakenError } from '../home/spawner-home.ts';
import type { SpawnStore } from '../store/spawn-store.ts';

/** After so long without a renewal a home may be claimed by another spawner. */
export const HOME_SILENT_MS = 10_000;
/** How often it is renewed. */
export const HOME_RENEW_MS = 3_000;
const CLAIM_AGAIN_MS = 500;

export interface HomeKeeperDeps {
  readonly store: SpawnStore;
  readonly owner: string;
  readonly instance: string;
  readonly host: string;
  readonly home: string;
  /** Default {@link HOME_SILENT_MS}. */
  readonly silentMs?: number;
}

const Holder = z.object({ instance: z.string(), host: z.string() });

export interface HomeKeeper {
  /** Claims the home; waits out a holder that may have died on another machine. Rejects with HomeTakenError. */
  claim(): Promise<void>;
  /** Renews the claim. */
  runOnce(): Promise<{ lost: number }>;
  /** The spawner that took the home meanwhile, or undefined. */
  lostTo(): string | undefined;
}

/** See the head of this file. A holder on this machine is gone for certain: we have its lock. */
export function createHomeKeeper(deps: HomeKeeperDeps): HomeKeeper {
  const { store, owner, instance, host, home, silentMs = HOME_SILENT_MS } = deps;
  const holder = JSON.stringify({ instance, host });
  let lostTo: string | undefined;
  const attempt = async (gone: string | undefined): Promise<string | undefined> =>
    store.claimOwner({ owner, holder, lostAfterMs: silentMs, gone });
  return {
    async claim() {
      const giveUpAt = performance.now() + silentMs + CLAIM_AGAIN_MS;
      let other = await attempt(undefined);
      while (other !== undefined) {
        const named = Holder.safeParse(JSON.parse(other)).data;
        if (named?.host === host) other = await attempt(other);
        else if (performance.now() < giveUpAt) {
          await delay(CLAIM_AGAIN_MS);
          other = await attempt(undefined);
        } else {
          throw new HomeTakenError(
            `the spawner ${named?.instance} on ${named?.host} already runs on ${home}: give each host a NOVA_HOME of its own`,
          );
        }
      }
    },
    async runOnce() {
      lostTo = await attempt(undefined);
      return { lost: lostTo === undefined ? 0 : 1 };
    },
    lostTo: () => lostTo,
  };
}
