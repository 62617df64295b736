// For the last look, nothing may be written. The server holds back every client's writes for a moment (CLIENT PAUSE … WRITE);
// they are not refused, only later.
import { BrokerReplyError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { BackupRefusedError } from './format.ts';

/** By how much the server's clock may run faster than ours over a pause, with the time an answer takes. */
const MARGIN_MS = 25;

/**
 * Runs `look` while the server holds writes back, `maxMs` at most; then the server lets them go by itself, whatever became of
 * us. Rejects with BackupRefusedError if `look` took longer, or if the server cannot do that.
 */
export async function whileWritesAreHeld<T>(
  connection: Connection,
  maxMs: number,
  look: () => Promise<T>,
): Promise<{ result: T; heldMs: number }> {
  const since = performance.now();
  try {
    await connection.ask('CLIENT', 'PAUSE', maxMs, 'WRITE');
  } catch (error) {
    if (!(error instanceof BrokerReplyError)) throw error;
    throw new BackupRefusedError(
      `${connection.address} cannot hold writes back (CLIENT PAUSE: ${error.message}), so no consistent picture can be taken`,
      { cause: error },
    );
  }
  try {
    const result = await look();
    const heldMs = performance.now() - since;
    if (heldMs + MARGIN_MS > maxMs) {
      throw new BackupRefusedError(
        `the last changes took ${Math.round(heldMs)} ms to read, and writes were to be held for ${maxMs} ms at most: allow more, or stop the services first`,
      );
    }
    return { result, heldMs };
  } finally {
    // Where that is not known the pause ends by itself.
    await connection.ask('CLIENT', 'UNPAUSE').catch(() => undefined);
  }
}
