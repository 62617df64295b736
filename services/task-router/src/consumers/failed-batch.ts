import type { Logger } from '@nova-torch/service-kit';
import { type Outcome, retry } from '@nova-torch/streams';
import { NotLeaderError } from '../store/apply-transitions.ts';

/** When the next active router may take over what this one could not write, in ms. */
const AFTER_LOST_LEASE_MS = 50;

/** When a message of a failed batch comes back, in ms; no jitter, so that they come back in their order. */
export const AFTER_FAILURE_MS = 250;

/**
 * Runs the handling of a batch. What this router may not write any more goes back for the next active one; any other
 * failure makes every message of the batch come back on its own, so that a bad one does not take others along.
 */
export async function outcomesOf(
  batch: readonly unknown[],
  handle: () => Promise<Outcome[]>,
  logger: Logger,
): Promise<Outcome[]> {
  try {
    return await handle();
  } catch (error) {
    const lost = error instanceof NotLeaderError;
    if (!lost)
      logger.error({ err: error, messages: batch.length }, 'a batch failed, trying its messages again');
    const text = error instanceof Error ? error.message : String(error);
    return batch.map(() => retry({ afterMs: lost ? AFTER_LOST_LEASE_MS : AFTER_FAILURE_MS, error: text }));
  }
}
