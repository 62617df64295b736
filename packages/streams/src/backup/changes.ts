// Which keys change while a backup reads: the server tells it on a second connection (CLIENT TRACKING, broadcast).
import { BrokerReplyError, BrokerUnavailableError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { shown, type Text, textOf } from './text.ts';

const CHANNEL = '__redis__:invalidate';

export interface Changes {
  /** Keys changed since the last call, all of those whose change was answered before this call. */
  take(): Promise<Text[]>;
}

/**
 * Has the server tell, on `listening`, of every key that begins with one of the prefixes and changes from now on. Resolves with
 * undefined where the server does not know how.
 */
export async function trackChanges(
  reading: Connection,
  listening: Connection,
  prefixes: readonly string[],
): Promise<Changes | undefined> {
  if (listening.id === undefined) return undefined;
  let changed = new Map<string, Text>();
  let emptied = false;
  await listening.subscribe(CHANNEL, (payload) => {
    if (!Array.isArray(payload)) {
      emptied = true;
      return;
    }
    for (const bytes of payload) {
      const key = textOf(bytes);
      changed.set(shown(key), key);
    }
  });
  try {
    const each = prefixes.flatMap((prefix) => ['PREFIX', prefix]);
    await reading.ask('CLIENT', 'TRACKING', 'ON', 'REDIRECT', listening.id, 'BCAST', ...each);
  } catch (error) {
    if (error instanceof BrokerReplyError) return undefined;
    throw error;
  }
  return {
    async take() {
      // Behind the answer of the reading connection stands, on the other one, whatever changed before.
      await reading.ask('PING');
      await listening.ask('PING');
      if (emptied) throw new BrokerUnavailableError('the broker was emptied while the backup ran');
      const taken = [...changed.values()];
      changed = new Map();
      return taken;
    },
  };
}
