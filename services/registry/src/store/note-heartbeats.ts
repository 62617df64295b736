import type { AgentId } from '@nova-torch/protocol';
import { asStrings, defineScript } from '@nova-torch/streams';
import { digestOfBeat, type Heartbeat } from '../domain/heartbeat.ts';
import { unheardUntilMs } from '../domain/liveness.ts';
import type { StoreContext } from './context.ts';

const script = defineScript<(number | undefined)[]>({
  name: 'note-heartbeats',
  file: new URL('./note-heartbeats.lua', import.meta.url),
  parse: (reply) => asStrings(reply).map((heardMs) => (heardMs === '' ? undefined : Number(heardMs))),
});

/**
 * Notes heartbeats of different agents in one script. Tells when each was heard before (server ms); undefined for one that
 * says something new.
 */
export async function noteHeartbeats(
  { broker, keys, liveness }: StoreContext,
  beats: readonly (readonly [AgentId, Heartbeat])[],
): Promise<(number | undefined)[]> {
  if (beats.length === 0) return [];
  return broker.run(script, {
    keys: [keys.due, ...beats.map(([agentId]) => keys.agent(agentId))],
    args: beats.flatMap(([agentId, beat]) => [
      agentId,
      digestOfBeat(beat),
      beat.atMs,
      unheardUntilMs(beat.atMs, liveness),
    ]),
  });
}
