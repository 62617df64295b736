import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const TURN_MS = 5;
/** A turn that takes longer was held up. */
const TURN_MAX_MS = 15;

/**
 * Rejects when `act` takes longer than `limitMs`, not counting the time in which this process, or the server with that
 * port, did not get to run: what a busy machine takes says nothing about who is tested. The server must be up.
 */
export async function within<T>(limitMs: number, act: () => Promise<T>, port?: number): Promise<T> {
  let isOver = false;
  const acting = act().finally(() => {
    isOver = true;
  });
  acting.catch(() => undefined);
  let ranMs = 0;
  let at = performance.now();
  while (!isOver) {
    if (ranMs > limitMs) throw new Error(`not so within ${limitMs} ms: ${act}`);
    await delay(TURN_MS);
    if (port !== undefined) await answers(port);
    const now = performance.now();
    ranMs += Math.min(now - at, TURN_MAX_MS);
    at = now;
  }
  return acting;
}

function answers(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', () => socket.destroy());
    socket.once('error', () => undefined);
    socket.once('close', () => resolve());
  });
}
