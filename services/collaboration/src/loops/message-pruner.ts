import type { CollaborationDeps } from '../consumers/deps.ts';

const PRUNED_AT_ONCE = 200;
const CALLS_MAX = 50;

/** Deletes records of messages that are too old or too many, a bounded number per run. */
export async function pruneMessages(
  { store, metrics, serverNowMs }: CollaborationDeps,
  { keepMs, keepMax }: { readonly keepMs: number; readonly keepMax: number },
): Promise<{ pruned: number }> {
  let pruned = 0;
  for (let call = 0; call < CALLS_MAX; call += 1) {
    const beforeMs = Math.floor(serverNowMs()) - keepMs;
    const ids = await store.readPrunable({ beforeMs, keepMax, limit: PRUNED_AT_ONCE });
    pruned += await store.prune(ids);
    if (ids.length < PRUNED_AT_ONCE) break;
  }
  metrics.pruned.inc(pruned);
  return { pruned };
}
