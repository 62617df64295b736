import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Access, Principal } from '../domain/principal.ts';

/** The HTTP app as the routes see it: schemas are zod's, and give the handlers their types. */
export type GatewayHttp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route; without it below /v1 only the admin may. */
    access?: Access;
    /** Bytes a body of this route may have; what holds most of it is named when it has more. */
    bodyBytesMax?: number;
    /** The route waits for something; it is bounded by how many may wait. */
    waits?: boolean;
  }
  interface FastifyRequest {
    /** Who asks. Only on routes that need a key. */
    principal: Principal;
    /** The body as it came, before defaults; for idempotency keys. */
    rawBody: unknown;
  }
}
