import { BrokerTimeoutError } from './errors.ts';
import type { Link } from './link.ts';
import type { Arg, Reply } from './replies.ts';

/** The longest a blocking read may block, in ms. */
export const BLOCK_MAX_MS = 2000;
/** How much longer than its BLOCK a read may take before its connection counts as dead. */
export const WATCHDOG_GRACE_MS = 1500;

/** A connection of its own for one blocking read at a time. */
export interface Reader {
  readonly connected: boolean;
  /**
   * Sends one blocking command, whose BLOCK (in `args`) is `blockMs`. Settles within `blockMs` + 1.5 s: after that
   * the connection is destroyed and replaced, and the read rejects with BrokerTimeoutError.
   */
  read(command: string, args: readonly Arg[], blockMs: number): Promise<Reply>;
  /**
   * Ends at the server what connections lost here still block on. A server that was not told of the loss would give
   * entries to them, which nobody would see until they are claimed as idle. Rejects when the server cannot be asked.
   */
  endLost(): Promise<void>;
  /** Ends the connection and what blocks on it, at the server too; a pending read rejects with BrokerClosedError. */
  close(): Promise<void>;
}

/**
 * @param killAtServer ends the connection with that id at the server, so that it takes no entry any more; must not reject
 * @param endLost ends those that were lost, the same way
 */
export function createReader(
  link: Link,
  killAtServer: (clientId: number) => Promise<void>,
  endLost: () => Promise<void>,
  onClose: () => void,
): Reader {
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const { clientId } = link;
    link.expectEnd();
    if (clientId !== undefined) await killAtServer(clientId);
    link.close();
    onClose();
  };
  return {
    get connected() {
      return link.connected;
    },
    async read(command, args, blockMs) {
      try {
        return await link.send(command, args, blockMs + WATCHDOG_GRACE_MS);
      } catch (error) {
        // Another reader of this process may keep the replies flowing elsewhere; here silence means death.
        if (error instanceof BrokerTimeoutError) link.replace();
        throw error;
      }
    },
    endLost,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
