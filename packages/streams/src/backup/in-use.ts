import { codeOf } from '../errors.ts';
import { asString } from '../replies.ts';
import type { Connection } from './connection.ts';

/** How the connection every broker user opens first is named: by who it is, and `main`. */
const MAIN_CONNECTION = / name=(\S+)-main /;

/**
 * Who is connected to the broker and works on it: services, agents, tools of the platform, by name. Empty where the server
 * does not tell.
 */
export async function brokerUsers(connection: Connection): Promise<string[]> {
  try {
    const list = asString(await connection.ask('CLIENT', 'LIST'));
    return list.split('\n').flatMap((line) => MAIN_CONNECTION.exec(`${line} `)?.[1] ?? []);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return [];
  }
}
