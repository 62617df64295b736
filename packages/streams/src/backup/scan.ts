import { asList, asString } from '../replies.ts';
import type { Connection } from './connection.ts';
import { shown, type Text, textOf } from './text.ts';

const KEYS_PER_SCAN = 1000;

/** Every key that begins with one of the prefixes and stands still, each once, in pages. */
export async function* scanKeys(connection: Connection, prefixes: readonly string[]): AsyncGenerator<Text[]> {
  for (const prefix of prefixes) {
    const seen = new Set<string>();
    const pattern = `${prefix.replace(/[\\*?[\]]/g, '\\$&')}*`;
    let cursor = '0';
    do {
      const [next, found] = asList(
        await connection.ask('SCAN', cursor, 'MATCH', pattern, 'COUNT', KEYS_PER_SCAN),
      );
      const fresh = asList(found)
        .map(textOf)
        .filter((key) => !seen.has(shown(key)));
      for (const key of fresh) seen.add(shown(key));
      if (fresh.length > 0) yield fresh;
      cursor = asString(next);
    } while (cursor !== '0');
  }
}

/** All of them at once. */
export async function listKeys(connection: Connection, prefixes: readonly string[]): Promise<Text[]> {
  const keys: Text[] = [];
  for await (const page of scanKeys(connection, prefixes)) keys.push(...page);
  return keys;
}
