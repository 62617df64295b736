import type { AgentId } from '@nova-torch/protocol';
import { asList, asNumber, defineScript } from '@nova-torch/streams';
import { digestOfBeat, type Heartbeat } from '../domain/heartbeat.ts';
import { unheardUntilMs } from '../domain/liveness.ts';
import type { StoreContext } from './context.ts';

const script = defineScript<boolean[]>({
  name: 'note-heartbeats',
  file: new URL('./note-heartbeats.lua', import.meta.url),
  parse: (reply) => asList(reply).map((one) => asNumber(one) === 1),
});

/** Notes heartbeats of different agents in one script; false for each that says something new. */
export async function noteHeartbeats(
  { broker, keys, liveness }: StoreContext,
  beats: readonly (readonly [AgentId, Heartbeat])[],
): Promise<boolean[]> {
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
