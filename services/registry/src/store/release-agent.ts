import { asNumber, defineScript } from '@nova-torch/streams';
import type { Agent } from '../domain/agent.ts';
import type { StoreContext } from './context.ts';
import { encodeReaped, type Saying } from './event-message.ts';

/** Who holds something for an agent, and must let go of it before its inbox and record are deleted. */
export const RELEASERS = ['task-router', 'collaboration'] as const;
export type Releaser = (typeof RELEASERS)[number];

export type ReleaseResult = 'reaped' | 'noted' | 'conflict';

const script = defineScript<ReleaseResult>({
  name: 'release-agent',
  file: new URL('./release-agent.lua', import.meta.url),
  parse: (reply) => {
    const code = asNumber(reply);
    if (code === 2) return 'reaped';
    return code === 1 ? 'noted' : 'conflict';
  },
});

/** Notes a release of an agent that is gone; the last one reaps it. `conflict` if it changed since it was read. */
export async function releaseAgent(
  { broker, keys }: StoreContext,
  agent: Agent,
  by: Releaser,
  saying: Saying,
): Promise<ReleaseResult> {
  const { agent_id: id, version } = agent.record;
  return broker.run(script, {
    keys: [
      ...[keys.agent(id), keys.counted(id), keys.inbox(id)],
      ...[keys.index, keys.due, keys.closings, keys.events],
    ],
    args: [id, version, by, encodeReaped(id, saying), ...RELEASERS],
  });
}
