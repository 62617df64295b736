import { type FastifyReply, type FastifyRequest, LogController } from 'fastify';

/** One line per request, at level debug: at info a busy door would write more log than anything else. */
export class RequestLog extends LogController {
  constructor() {
    super({ requestIdLogLabel: 'request_id' });
  }

  override incomingRequest(): void {}

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const fields = {
      method: request.method,
      url: request.url,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 1000) / 1000,
    };
    if (error) reply.log.warn({ ...fields, err: error }, 'the answer could not be sent');
    else reply.log.debug(fields, 'request answered');
  }
}
