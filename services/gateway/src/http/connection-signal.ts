import type { FastifyReply } from 'fastify';

/** Aborted when the connection closes before the answer went out. */
export function connectionSignal(reply: { raw: FastifyReply['raw'] }): AbortSignal {
  const controller = new AbortController();
  const { raw } = reply;
  if (raw.destroyed) controller.abort();
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
