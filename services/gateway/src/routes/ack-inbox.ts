import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { takeEntries } from '../taking-entries.ts';
import { agentPath, EntryId } from './parameters.ts';

const ENTRIES_MAX = 1_000;

const Ack = z
  .strictObject({
    entries: z
      .array(
        z.strictObject({
          entry_id: EntryId,
          expired: z
            .boolean()
            .optional()
            .describe('Its time was over before it was taken: it is not `delivered`'),
        }),
      )
      .min(1)
      .max(ENTRIES_MAX),
  })
  .meta({ id: 'Ack', examples: [{ entries: [{ entry_id: '1763683200000-0' }] }] });
const Acked = z
  .object({
    acknowledged: z.int().describe('Entries that were pending; the others had been acknowledged before'),
  })
  .meta({ id: 'Acked' });

/** POST /v1/agents/{agent_id}/inbox/ack */
export function ackInboxRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/agents/:agent_id/inbox/ack',
    config: { access: 'own-agent' },
    schema: {
      operationId: 'ackInbox',
      tags: ['work'],
      summary: 'The agent took these entries',
      description: 'A message from another agent is `delivered` by this, and only by this.',
      params: agentPath,
      body: Ack,
      response: answers({ 200: Acked }, COMMON_ERRORS.tell),
    },
    handler: async (request) => {
      const { entries } = request.body;
      const ids = [...new Set(entries.map(({ entry_id }) => entry_id))];
      const expired = new Set(entries.filter((one) => one.expired).map(({ entry_id }) => entry_id));
      return { acknowledged: await takeEntries(deps, request.params.agent_id, ids, expired) };
    },
  });
}
