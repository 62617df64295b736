import { setTimeout as delay } from 'node:timers/promises';
import type { SpawnId } from '@nova-torch/protocol';
import { drainFor } from './consumers/agent-terminate.v1.ts';
import { orderStop } from './domain/spawn.ts';
import type { SpawnReconciler } from './loops/spawn-reconciler.ts';
import type { StepLogger } from './loops/spawn-steps.ts';
import type { Runtime } from './runtime/runtime.ts';
import type { SpawnStore } from './store/spawn-store.ts';

export interface EndAllDeps {
  readonly owner: string;
  readonly store: SpawnStore;
  readonly reconciler: SpawnReconciler;
  readonly runtime: Runtime;
  readonly logger: StepLogger;
  readonly nowMs: () => number;
  /** Time the agents have to finish or give back what they do, ms; their template's grace if that is shorter. */
  readonly politeMs: number;
  /** Time after which an end that is not recorded yet is carried out without the record, ms. */
  readonly deadlineMs: number;
}

const LOOK_EVERY_MS = 25;

/**
 * Ends every agent of this home, all at the same time: politely, then by force. A broker that is away keeps the
 * records from being written, not the agents from being ended.
 */
export async function endAllAgents(deps: EndAllDeps): Promise<{ ended: number }> {
  const { reconciler, runtime, logger, deadlineMs } = deps;
  const attached = reconciler.attached();
  try {
    await within(deadlineMs, endByRecord(deps));
  } catch (error) {
    logger.error({ err: error }, 'agents are ended without their records');
  }
  const left = reconciler.attached();
  await Promise.all(left.map((spawnId) => runtime.stop({ spawnId }, { graceMs: 0, force: true })));
  return { ended: attached.length };
}

async function endByRecord({ owner, store, reconciler, nowMs, politeMs }: EndAllDeps): Promise<void> {
  const until = nowMs() + politeMs;
  const order = async (spawnId: SpawnId): Promise<void> => {
    const spawn = await store.get(spawnId);
    if (!spawn) return;
    const ordered = orderStop(spawn, { reason: 'the spawner was stopped', force: false }, nowMs());
    if (!ordered?.stop) return;
    const politeUntilMs = Math.min(until, ordered.stop.polite_until_ms);
    const next = { ...ordered, stop: { ...ordered.stop, polite_until_ms: politeUntilMs } };
    if (!(await store.change(spawn, next, drainFor(spawn, next)))) return order(spawnId);
  };
  for (let ids = await store.liveOf(owner); ids.length > 0; ids = await store.liveOf(owner)) {
    await Promise.all(ids.map(order));
    await Promise.all(ids.map((spawnId) => reconciler.reconcile(spawnId)));
    await delay(LOOK_EVERY_MS);
  }
}

async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not done within ${timeoutMs} ms`)), timeoutMs);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
