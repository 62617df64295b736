import type { GatewayHttp } from './gateway-http.ts';

const LOOK_EVERY_MS = 50;

/**
 * Lets a stop end soon: `answerWaiting` answers what waits, and connections are closed as soon as they have their answer. A
 * connection that was busy when the server began to close would else stay until its client lets go of it.
 */
export function registerPromptClose(app: GatewayHttp, answerWaiting: () => void): void {
  app.addHook('preClose', async () => {
    answerWaiting();
    const closing = setInterval(() => app.server.closeIdleConnections(), LOOK_EVERY_MS);
    app.server.once('close', () => clearInterval(closing));
    // The connections keep the process alive, not this.
    closing.unref();
  });
}
