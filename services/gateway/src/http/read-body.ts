import { NovaError, PAYLOAD_BYTES_MAX } from '@nova-torch/protocol';
import { largestMember } from '../domain/largest-member.ts';
import type { GatewayHttp } from './gateway-http.ts';

/** No body is read beyond this; between the route's limit and this one it is read to name what is too large. */
export const BODY_BYTES_READ_MAX = 1024 * 1024;

/**
 * Reads JSON bodies. An empty body counts as one without members. A body over the route's limit is refused with the path of the member
 * that holds most of it.
 */
export function registerBodyReader(app: GatewayHttp): void {
  app.decorateRequest('rawBody', undefined);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    const json = text.toString();
    if (json.trim() === '') return done(null, undefined);
    let body: unknown;
    try {
      body = parseSafely(json);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return done(new NovaError('BODY_NOT_JSON', `${detail}.`, { cause: error }));
    }
    const limit = request.routeOptions.config.bodyBytesMax ?? PAYLOAD_BYTES_MAX;
    const bytes = Buffer.byteLength(json);
    if (bytes > limit) return done(tooLarge(body, bytes, limit));
    request.rawBody = body;
    done(null, body);
  });
  // No body at all, as opposed to the JSON value null, counts as one without members: all of it may have defaults.
  app.addHook('preValidation', async (request) => {
    if (request.rawBody === undefined) request.body ??= {};
  });
}

/** The error that names the member which makes `value` too large. Sizes in bytes. */
export function tooLarge(value: unknown, bytes: number, limit: number): NovaError {
  const largest = largestMember(value);
  const most = largest === undefined ? '' : `; most of it is \`${largest.path}\``;
  return new NovaError('PAYLOAD_TOO_LARGE', `${bytes} bytes of JSON, the limit is ${limit}${most}.`, {
    field: largest?.path.replaceAll('.', '/'),
  });
}

/** `__proto__` in a body would change the prototype of what it is copied into. */
function parseSafely(json: string): unknown {
  const value: unknown = JSON.parse(json);
  if (!json.includes('__proto__')) return value;
  return JSON.parse(json, (name, member: unknown) => {
    if (name === '__proto__') throw new SyntaxError('The member name __proto__ is not allowed');
    return member;
  });
}
