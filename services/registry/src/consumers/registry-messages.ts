import type { Message } from '@nova-torch/protocol';
import { withMessageSpan } from '@nova-torch/service-kit';
import { type Delivered, deadLetter, type Outcome } from '@nova-torch/streams';
import { onAgentDeregister } from './agent-deregister.v1.ts';
import { onAgentGet } from './agent-get.v1.ts';
import { onAgentHeartbeats } from './agent-heartbeat.v1.ts';
import { onAgentList } from './agent-list.v1.ts';
import { onAgentRegister } from './agent-register.v1.ts';
import { onAgentReleased } from './agent-released.v1.ts';
import { onAgentSign } from './agent-sign.v1.ts';
import type { RegistryDeps } from './deps.ts';

type MessageFor<T extends Message['type']> = Delivered<Extract<Message, { type: T }>>;

/**
 * A batch of what is sent to the registry, in runs of one type each, so that what an agent sent is handled in its
 * order: a run of heartbeats all at once, of other messages side by side for different agents.
 */
export async function onRegistryMessages(
  deps: RegistryDeps,
  messages: readonly Delivered<Message>[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const run of runsOf(messages)) outcomes.push(...(await onRun(deps, run)));
  return outcomes;
}

function runsOf(messages: readonly Delivered<Message>[]): Delivered<Message>[][] {
  const runs: Delivered<Message>[][] = [];
  for (const delivered of messages) {
    const run = runs.at(-1);
    if (run?.[0]?.message.type === delivered.message.type) run.push(delivered);
    else runs.push([delivered]);
  }
  return runs;
}

async function onRun(deps: RegistryDeps, run: readonly Delivered<Message>[]): Promise<Outcome[]> {
  if (run[0]?.message.type === 'agent.heartbeat.v1') {
    return onAgentHeartbeats(deps, run as readonly MessageFor<'agent.heartbeat.v1'>[]);
  }
  const outcomes = new Map<string, Outcome>();
  const byAgent = Map.groupBy(run, ({ message, entryId }) => agentOf(message) ?? entryId);
  await Promise.all(
    [...byAgent.values()].map(async (own) => {
      for (const one of own) {
        const handle = (): Promise<Outcome> => onMessage(deps, one);
        outcomes.set(one.entryId, await withMessageSpan(deps.tracing, one, handle));
      }
    }),
  );
  return run.map(({ entryId }) => outcomes.get(entryId) ?? deadLetter('unhandled'));
}

function agentOf(message: Message): string | undefined {
  if (message.type === 'agent.register.v1') return message.payload.registration.agent_id;
  return 'agent_id' in message.payload ? message.payload.agent_id : undefined;
}

async function onMessage(deps: RegistryDeps, delivered: Delivered<Message>): Promise<Outcome> {
  const { type } = delivered.message;
  switch (type) {
    case 'agent.register.v1':
      return onAgentRegister(deps, delivered as MessageFor<typeof type>);
    case 'agent.deregister.v1':
      return onAgentDeregister(deps, delivered as MessageFor<typeof type>);
    case 'agent.sign.v1':
      return onAgentSign(deps, delivered as MessageFor<typeof type>);
    case 'agent.released.v1':
      return onAgentReleased(deps, delivered as MessageFor<typeof type>);
    case 'agent.get.v1':
      return onAgentGet(deps, delivered as MessageFor<typeof type>);
    case 'agent.list.v1':
      return onAgentList(deps, delivered as MessageFor<typeof type>);
    default:
      return deadLetter('unexpected', `${type} does not belong on this stream`);
  }
}
