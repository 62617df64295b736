import { INBOX_GROUP } from '@nova-torch/protocol';
import { asNumber, defineScript } from '@nova-torch/streams';
import type { AgentChange } from '../domain/agent.ts';
import { digestOf } from '../domain/heartbeat.ts';
import { dueMs } from '../domain/liveness.ts';
import type { StoreContext } from './context.ts';
import { encodeEvent, type Saying } from './event-message.ts';

export type RegisterResult = 'written' | 'conflict' | 'full';

const script = defineScript<RegisterResult>({
  name: 'register-agent',
  file: new URL('./register-agent.lua', import.meta.url),
  parse: (reply) => {
    const code = asNumber(reply);
    if (code === 1) return 'written';
    return code === 0 ? 'conflict' : 'full';
  },
});

/** Writes a registration; `conflict` if the agent changed since it was read, `full` if there is no room for a new one. */
export async function registerAgent(
  { broker, keys, liveness, agentsMax }: StoreContext,
  change: AgentChange,
  saying: Saying,
): Promise<RegisterResult> {
  const { before, after } = change;
  const id = after.record.agent_id;
  return broker.run(script, {
    keys: [keys.agent(id), keys.inbox(id), keys.index, keys.due, keys.events],
    args: [
      id,
      before?.record.version ?? '',
      after.record.version,
      JSON.stringify(after.record),
      JSON.stringify(after.state),
      digestOf(after),
      after.heardMs,
      dueMs(after, liveness) ?? after.heardMs,
      encodeEvent(change, saying),
      INBOX_GROUP,
      agentsMax,
    ],
  });
}
