import { asList, asNumber, defineScript } from '@nova-torch/streams';
import type { AgentChange } from '../domain/agent.ts';
import { digestOf } from '../domain/heartbeat.ts';
import { dueMs } from '../domain/liveness.ts';
import type { StoreContext } from './context.ts';
import { encodeEvent, type Saying } from './event-message.ts';

/**
 * Counted attempts an agent keeps to recognise a report that comes again. Beyond it the oldest go: an attempt redelivered
 * after so many others would be counted twice.
 */
export const COUNTED_ATTEMPTS_MAX = 1_000;

/** How long it is remembered that a session closed: longer than it counts. */
const CLOSINGS_KEPT_MS = 3_600_000;

/** A change to write, with the attempts (`task:epoch`) it counts and when it falls due, if not by the agent's silence. */
export interface ChangeToWrite {
  readonly change: AgentChange;
  readonly attempts?: readonly string[];
  readonly dueMs?: number | undefined;
}

const script = defineScript<boolean[]>({
  name: 'change-agents',
  file: new URL('./change-agents.lua', import.meta.url),
  parse: (reply) => asList(reply).map((one) => asNumber(one) === 1),
});

/** Writes changes of different agents in one script; false for each whose version is another by now. */
export async function changeAgents(
  { broker, keys, liveness }: StoreContext,
  changes: readonly ChangeToWrite[],
  saying: Saying,
): Promise<boolean[]> {
  if (changes.length === 0) return [];
  const ids = changes.map(({ change }) => change.after.record.agent_id);
  return broker.run(script, {
    keys: [keys.due, keys.closings, keys.events, ...ids.flatMap((id) => [keys.agent(id), keys.counted(id)])],
    args: [
      changes.length,
      COUNTED_ATTEMPTS_MAX,
      CLOSINGS_KEPT_MS,
      ...changes.flatMap(({ change, attempts = [], ...rest }) => {
        const { before, after } = change;
        return [
          after.record.agent_id,
          before?.record.version ?? '',
          after.record.version,
          JSON.stringify(after.record),
          JSON.stringify(after.state),
          digestOf(after),
          after.heardMs,
          rest.dueMs ?? dueMs(after, liveness) ?? '',
          after.state.closed_ms ?? '',
          encodeEvent(change, saying),
          Math.floor(saying.nowMs),
          attempts.length,
          ...attempts,
        ];
      }),
    ],
  });
}
