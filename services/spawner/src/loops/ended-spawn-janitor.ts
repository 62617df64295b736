import type { AgentLogs } from '../runtime/agent-log.ts';
import type { SpawnStore } from '../store/spawn-store.ts';

export interface JanitorDeps {
  readonly owner: string;
  readonly store: SpawnStore;
  readonly logs: AgentLogs;
  /** How long the record and the log of an ended spawn are kept, ms. */
  readonly keepMs: number;
  readonly nowMs: () => number;
}

const RECORDS_PER_RUN_MAX = 200;

/** Forgets what ended long ago: its record, and its log on this host. */
export async function forgetEndedSpawns(deps: JanitorDeps): Promise<{ records: number; logs: number }> {
  const { owner, store, logs, keepMs, nowMs } = deps;
  const records = await store.forgetEndedBefore(nowMs() - keepMs, RECORDS_PER_RUN_MAX);
  const live = new Set<string>(await store.liveOf(owner));
  return { records, logs: logs.removeOlderThan(keepMs, Date.now(), live) };
}
