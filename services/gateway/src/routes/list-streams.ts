import { STREAMS, type StreamField, streamKeys } from '@nova-torch/protocol';
import { asHash, asList, asNumber } from '@nova-torch/streams';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';

const StreamInfo = z.object({
  name: z.string(),
  kind: z.enum(['work', 'feed']),
  entries: z.int().describe('Entries it holds now; acknowledged ones go at the next trim'),
  dead_letters: z.int(),
  groups: z.array(
    z.object({
      name: z.string(),
      consumers: z.int(),
      pending: z.int().describe('Delivered and not acknowledged'),
    }),
  ),
});
const StreamList = z.object({ streams: z.array(StreamInfo) }).meta({ id: 'StreamList' });

/** GET /v1/streams */
export function listStreamsRoute(app: GatewayHttp, { broker, partition }: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/streams',
    config: { access: 'admin' },
    schema: {
      operationId: 'listStreams',
      tags: ['platform'],
      summary: 'The streams: how much is in them, what is pending, what was given up',
      response: answers({ 200: StreamList }, [...COMMON_ERRORS.local, 'BROKER_UNAVAILABLE']),
    },
    handler: async () => {
      const keys = streamKeys(partition);
      const fields = Object.keys(STREAMS).filter(
        (field): field is StreamField => field !== 'agentInbox' && field !== 'replies',
      );
      const lengths = await broker.batch(
        fields.flatMap((field) => [['XLEN', keys[field]] as const, ['XLEN', `${keys[field]}.dlq`] as const]),
      );
      const groups = await Promise.all(
        fields.map((field, index) =>
          // A stream that does not exist yet has no groups, and asking for them is an error.
          asNumber(lengths[index * 2]) === 0 ? [] : readGroups(broker, keys[field]),
        ),
      );
      return {
        streams: fields.map((field, index) => ({
          name: keys[field],
          kind: STREAMS[field].kind,
          entries: asNumber(lengths[index * 2]),
          dead_letters: asNumber(lengths[index * 2 + 1]),
          groups: groups[index] ?? [],
        })),
      };
    },
  });
}

async function readGroups(broker: GatewayDeps['broker'], key: string) {
  return asList(await broker.call('XINFO', 'GROUPS', key)).map((reply) => {
    const group = asHash(reply) ?? {};
    return {
      name: group.name ?? '',
      consumers: asNumber(group.consumers),
      pending: asNumber(group.pending),
    };
  });
}
