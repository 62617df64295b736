import type { FastifyInstance } from 'fastify';
import type { Logger } from '../logger.ts';
import { createService, type Service } from '../service.ts';

/** Where an app listens; only on this address. Port 0 means any free one. */
export interface HttpServerOptions {
  app: FastifyInstance;
  host: string;
  port: number;
  logger: Logger;
}

/** A listening app. */
export interface HttpServer extends Service {
  /** `http://127.0.0.1:4711`; throws while it does not listen. */
  address(): string;
}

/**
 * Lets an app listen, and says so with the line `{"msg":"listening","address":"http://…"}`, whatever the level of the
 * log: whoever started the process reads the address from there. `stop` answers the requests going on first. Fastify apps do not reopen:
 * a start after a stop fails.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { app, host, port, logger } = options;
  let listening: string | undefined;
  const service = createService({
    name: 'http server',
    async start() {
      listening = await listenQuietly(app, { host, port });
      logger.child({}, { level: 'info' }).info({ address: listening }, 'listening');
    },
    async stop() {
      listening = undefined;
      await app.close();
    },
  });
  return {
    ...service,
    address() {
      if (listening === undefined) throw new Error('the HTTP server does not listen');
      return listening;
    },
  };
}

/** Fastify announces each address in a line of its own; ours is the one that programs read. */
async function listenQuietly(app: FastifyInstance, where: { host: string; port: number }): Promise<string> {
  const { level } = app.log;
  if (level === 'info' || level === 'debug' || level === 'trace') app.log.level = 'warn';
  try {
    return await app.listen(where);
  } finally {
    app.log.level = level;
  }
}
