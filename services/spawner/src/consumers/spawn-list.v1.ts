import { newMessage, SpawnId, SpawnPageV1 } from '@nova-torch/protocol';
import type { Outcome } from '@nova-torch/streams';
import { answer, type DeliveredOf, refuse, type SpawnerDeps } from './deps.ts';

/** Answers with a page of spawns, newest first; the cursor is the last spawn id of the page before. */
export async function onSpawnList(
  deps: SpawnerDeps,
  request: DeliveredOf<'spawn.list.v1'>,
): Promise<Outcome> {
  const { cursor, limit } = request.message.payload;
  if (cursor !== undefined && !SpawnId.safeParse(cursor).success) {
    return refuse(deps, request, {
      code: 'CURSOR_INVALID',
      detail: 'not a cursor of a page of spawns',
      field: 'cursor',
    });
  }
  const { spawns, nextCursor } = await deps.store.list(cursor, limit);
  const payload = {
    spawns: spawns.map(({ record }) => record),
    ...(nextCursor === undefined ? {} : { next_cursor: nextCursor }),
  };
  const fields = { sender: deps.instance, target: request.message.sender, nowMs: deps.nowMs() };
  return answer(request, newMessage(SpawnPageV1, payload, fields));
}
