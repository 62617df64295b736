import type { FastifyInstance } from 'fastify';

const LOOK_EVERY_MS = 50;

/**
 * Lets a stop end soon: once every request has its answer all connections are closed. Without that, a connection that was busy
 * when the server began to close, or one that a client opened in advance and never used, would keep the server from closing for
 * a minute. What makes a request wait is to be ended by a `preClose` hook of its own.
 */
export function registerPromptClose(app: FastifyInstance): void {
  let unanswered = 0;
  app.server.on('request', (_request, response) => {
    unanswered += 1;
    response.once('close', () => {
      unanswered -= 1;
    });
  });
  app.addHook('preClose', async () => {
    const closing = setInterval(() => {
      app.server.closeIdleConnections();
      if (unanswered === 0) app.server.closeAllConnections();
    }, LOOK_EVERY_MS);
    app.server.once('close', () => clearInterval(closing));
    // The connections keep the process alive, not this.
    closing.unref();
  });
}
