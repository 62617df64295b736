import type { Logger } from '@nova-torch/service-kit';
import type { Broker } from '@nova-torch/streams';
import type { DurationChanges, RunDurations } from '../domain/analysis/run-durations.ts';
import type { RouterKeys } from '../store/keys.ts';
import { readRunRecords, saveRunRecords } from '../store/run-records.ts';

export interface DurationKeeperOptions {
  readonly durations: RunDurations;
  readonly broker: Broker;
  readonly keys: RouterKeys;
  readonly term: number;
  readonly logger: Logger;
}

/** Task types stored in one call: a script takes less than a millisecond. */
const STEP = 200;

/**
 * Keeps how long completed tasks ran: read at the start of a term, stored now and then, never per task. What a crash
 * loses is the last seconds of it.
 */
export class DurationKeeper {
  readonly #options: DurationKeeperOptions;

  constructor(options: DurationKeeperOptions) {
    this.#options = options;
  }

  /** Remembers what was stored before this term. */
  async load(): Promise<void> {
    const { durations, broker, keys } = this.#options;
    durations.load(await readRunRecords(broker, keys));
  }

  /** Stores what changed. Throws NotLeaderError when another router is active. */
  async runOnce(): Promise<{ readonly types: number }> {
    const { durations, broker, keys, term } = this.#options;
    let types = 0;
    for (;;) {
      const changes: DurationChanges = durations.takeChanges(STEP);
      const size = changes.records.size + changes.dropped.length;
      if (size === 0) return { types };
      try {
        await saveRunRecords(broker, keys, term, changes);
      } catch (error) {
        durations.putBack(changes);
        throw error;
      }
      types += size;
    }
  }

  /** The last changes of a term. They are only statistics: what cannot be stored is left. */
  async finish(): Promise<void> {
    await this.runOnce().catch((error: unknown) => {
      this.#options.logger.debug({ err: error }, 'the last run durations of the term were not stored');
    });
  }
}
