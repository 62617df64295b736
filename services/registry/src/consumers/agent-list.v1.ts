import { AgentId, type AgentListV1, AgentPageV1, type AgentRecord } from '@nova-torch/protocol';
import { answer, refuse } from '@nova-torch/service-kit';
import type { Delivered, Outcome } from '@nova-torch/streams';
import { publicRecord } from '../domain/agent.ts';
import { matches } from '../domain/agent-filter.ts';
import type { RegistryDeps } from './deps.ts';

/** Records read in one step. */
const STEP = 250;
/** Records looked at for one page: a filter few agents pass gives short pages, not long scripts. */
const EXAMINED_MAX = 5_000;
/** The records of a page as JSON: below the limit of a message, with room for its envelope. */
const PAGE_BYTES_MAX = 200 * 1024;

/** Somebody asks for a page of agents. A page may be short, even empty, and yet have a next one. */
export async function onAgentList(deps: RegistryDeps, request: Delivered<AgentListV1>): Promise<Outcome> {
  const { cursor = '', limit, ...filter } = request.message.payload;
  if (cursor !== '' && !AgentId.safeParse(cursor).success) {
    return refuse(deps, request, 'CURSOR_INVALID', 'the cursor is not one of ours', 'cursor');
  }
  // Before the records: what changes while they are read is in the feed after it.
  const feedId = await deps.store.readFeedId();
  const agents: AgentRecord[] = [];
  let last: string = cursor;
  let examined = 0;
  let bytes = 0;
  while (examined < EXAMINED_MAX) {
    const ids = await deps.store.readIds(last, STEP);
    const stored = await deps.store.read(ids);
    if (ids.length === 0) return page(deps, request, { agents, feed_id: feedId });
    for (const [index, id] of ids.entries()) {
      const agent = stored[index];
      const record = agent && publicRecord(agent);
      if (record !== undefined && matches(record, filter)) {
        bytes += Buffer.byteLength(JSON.stringify(record));
        if (agents.length === limit || (agents.length > 0 && bytes > PAGE_BYTES_MAX)) {
          return page(deps, request, { agents, feed_id: feedId, next_cursor: last });
        }
        agents.push(record);
      }
      last = id;
      examined += 1;
    }
  }
  return page(deps, request, { agents, feed_id: feedId, next_cursor: last });
}

const page = (
  deps: RegistryDeps,
  request: Delivered<AgentListV1>,
  payload: AgentPageV1['payload'],
): Outcome => answer(deps, request, AgentPageV1, payload);
