import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range that Linux and macOS hand out to outgoing connections (32768, 49152): a port that is free for a
// moment while its server restarts is not taken by a client meanwhile.
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;
const TRIES_MAX = 200;

/** True when a listener can be opened on this port of `host` right now. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A loopback TCP port nobody listens on, picked at random. Another process may take it before the caller does: whoever
 * listens on it must be ready to ask again.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`no free TCP port between ${LOWEST_PORT} and ${HIGHEST_PORT} on 127.0.0.1`);
}
