// Looks at each spawn of this home until it is as it should be.
//
// R1  The record says what is meant, /proc what is; domain/next-step.ts decides from both. Nothing else is remembered
//     that could not be found out again, so a spawner that dies anywhere goes on where it was.
// R2  The intention is stored before its effect: `starting` before a process, `stopping` before a signal.
// R3  One spawn is looked at by one run at a time; different spawns do not wait for each other.
// R4  A record ends only after the proof that no process of the spawn lives.
import type { AgentId, SpawnId, SpawnRecord } from '@nova-torch/protocol';
import { nextStep } from '../domain/next-step.ts';
import { isLive, type StoredSpawn } from '../domain/spawn.ts';
import { ProcessSight } from './process-sight.ts';
import { performStep, type StepDeps } from './spawn-steps.ts';

export interface ReconcilerDeps extends StepDeps {
  /** The home whose spawns are looked after. */
  readonly owner: string;
}

/** More steps in a row than any spawn needs: something is wrong, and waiting for the next run does no harm. */
const STEPS_MAX = 20;

export class SpawnReconciler {
  readonly #deps: ReconcilerDeps;
  readonly #sights = new Map<SpawnId, ProcessSight>();
  readonly #seen = new Map<SpawnId, StoredSpawn>();
  readonly #spawnOfAgent = new Map<AgentId, SpawnId>();
  readonly #runs = new Map<SpawnId, Promise<void>>();
  readonly #again = new Set<SpawnId>();
  #released = false;

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
  }

  /** Looks at one spawn, and resolves when nothing is to be done at once. Joins a run that is going on. */
  reconcile(spawnId: SpawnId): Promise<void> {
    if (this.#released) return Promise.resolve();
    this.#again.add(spawnId);
    const going = this.#runs.get(spawnId);
    if (going) return going;
    const run = this.#run(spawnId);
    this.#runs.set(spawnId, run);
    return run;
  }

  /** The same without waiting for it; an error is logged, and the next run of the loop tries again. */
  kick(spawnId: SpawnId): void {
    this.reconcile(spawnId).catch((error: unknown) => {
      this.#deps.logger.error(
        { spawn_id: spawnId, err: error },
        'a spawn could not be settled, tried again soon',
      );
    });
  }

  /** The agent of this spawn registered. A spawn of another home is not ours to mark. */
  joined(spawnId: SpawnId): void {
    const sight = this.#sights.get(spawnId);
    if (!sight) return;
    sight.joined = true;
    this.kick(spawnId);
  }

  /** The agent with this id said goodbye; its process ends soon. */
  left(agentId: AgentId): void {
    const spawnId = this.#spawnOfAgent.get(agentId);
    const sight = spawnId && this.#sights.get(spawnId);
    if (sight) sight.left = true;
  }

  /** Asks the registry about every spawn here that has not been heard of yet. Rejects when it does not answer. */
  async askAboutStarting(): Promise<void> {
    const { store, registry } = this.#deps;
    for (const [spawnId, sight] of this.#sights) {
      const spawn = sight.joined ? undefined : await store.get(spawnId);
      if (spawn?.record.state !== 'starting') continue;
      if (await registry.isRegistered(spawn.record.agent_id)) this.joined(spawnId);
    }
  }

  /** Looks at every spawn of this home, without waiting for those that take longer. */
  async runOnce(): Promise<{ live: number }> {
    const live = await this.#deps.store.liveOf(this.#deps.owner);
    const ids = new Set<SpawnId>([...live, ...this.#sights.keys()]);
    for (const spawnId of ids) this.kick(spawnId);
    return { live: live.length };
  }

  /** Spawns that have a living process attached here. */
  attached(): readonly SpawnId[] {
    return [...this.#sights].filter(([, sight]) => sight.process === 'alive').map(([spawnId]) => spawnId);
  }

  /** Template and state of the spawns of this home that have not ended, as they were when they were looked at last. */
  *live(): Generator<Pick<SpawnRecord, 'template' | 'state'>> {
    for (const { record } of this.#seen.values()) if (isLive(record.state)) yield record;
  }

  /** Waits for the runs that are going on, then watches nothing any more. The agents live on. */
  async release(): Promise<void> {
    this.#released = true;
    await Promise.allSettled(this.#runs.values());
    for (const [spawnId, sight] of [...this.#sights]) this.#forget(spawnId, sight);
  }

  async #run(spawnId: SpawnId): Promise<void> {
    try {
      while (this.#again.delete(spawnId) && !this.#released) await this.#advance(spawnId);
    } finally {
      // In the same turn as the last look at #again: who asks from now on starts a run of its own.
      this.#runs.delete(spawnId);
    }
  }

  async #advance(spawnId: SpawnId): Promise<void> {
    const { store, owner, times, nowMs } = this.#deps;
    const sight = this.#sights.get(spawnId) ?? new ProcessSight();
    this.#sights.set(spawnId, sight);
    for (let count = 0; count < STEPS_MAX && !this.#released; count += 1) {
      const spawn = await store.get(spawnId);
      if (spawn?.owner !== owner) return this.#forget(spawnId, sight);
      this.#seen.set(spawnId, spawn);
      this.#spawnOfAgent.set(spawn.record.agent_id, spawnId);
      const step = nextStep(spawn, {
        process: sight.process,
        joined: sight.joined,
        askedRegistry: sight.askedRegistry,
        nowMs: nowMs(),
        readyTimeoutMs: times.readyMs,
      });
      if (step.kind === 'forget') return this.#forget(spawnId, sight);
      if (step.kind === 'wait') {
        if (step.untilMs !== undefined) sight.alarm(step.untilMs - nowMs(), () => this.kick(spawnId));
        return;
      }
      await performStep(this.#deps, step, spawn, sight, () => this.kick(spawnId));
    }
  }

  #forget(spawnId: SpawnId, sight: ProcessSight): void {
    sight.close();
    this.#sights.delete(spawnId);
    this.#seen.delete(spawnId);
    for (const [agentId, of] of this.#spawnOfAgent) if (of === spawnId) this.#spawnOfAgent.delete(agentId);
  }
}
