import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isPortFree } from '@nova-torch/cli/own-broker';

// Below the ports that Linux hands out to outgoing connections, and apart from those that `nova-torch up` and brokers pick.
const LOWEST_PORT = 10_000;
const HIGHEST_PORT = 20_000;
const TRIES_MAX = 200;

/**
 * A loopback TCP port nobody listens on, that no other call of this function returns while this process lives, in no
 * process: a server that is started later, or again, finds it free.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if ((await reserve(port)) && (await isPortFree(port))) return port;
  }
  throw new Error(`no free TCP port between ${LOWEST_PORT} and ${HIGHEST_PORT} on 127.0.0.1`);
}

/** The reservation of a TCP port is the UDP port of the same number: the kernel ends it with this process. */
function reserve(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').unref();
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
  });
}
