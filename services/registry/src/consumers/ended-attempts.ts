import type { AgentId, Message } from '@nova-torch/protocol';
import { ack, type Delivered, deadLetter, type Outcome, retry } from '@nova-torch/streams';
import { attemptKey, countAttempts, type EndedAttempt } from '../domain/performance.ts';
import type { ChangeToWrite } from '../store/change-agents.ts';
import { attemptOfAttemptFailed } from './attempt-failed.v1.ts';
import { CONFLICTS_MAX } from './conflicts.ts';
import type { RegistryDeps } from './deps.ts';
import { attemptsOfTaskCompleted } from './task-completed.v1.ts';
import { attemptOfTaskFailed } from './task-failed.v1.ts';

/** An ended attempt and whose it was. */
export interface AgentAttempt {
  readonly agentId: AgentId;
  readonly attempt: EndedAttempt;
}

/** Attempts by agent, each once. */
type Attempts = ReadonlyMap<AgentId, ReadonlyMap<string, EndedAttempt>>;

/** A batch of ended tasks and attempts: each counts once in its agent's performance, however often it is delivered. */
export async function onEndedAttempts(
  deps: RegistryDeps,
  messages: readonly Delivered<Message>[],
): Promise<Outcome[]> {
  const counted: AgentAttempt[] = [];
  const outcomes = messages.map(({ message }): Outcome => {
    switch (message.type) {
      case 'task.completed.v1':
      case 'task.failed.v1':
      case 'attempt.failed.v1': {
        counted.push(...attemptsOf(message));
        return ack();
      }
      default:
        return deadLetter('unexpected', `${message.type} does not belong on this stream`);
    }
  });
  let left = byAgent(counted);
  for (let round = 0; round < CONFLICTS_MAX && left.size > 0; round += 1) left = await count(deps, left);
  return left.size === 0 ? outcomes : outcomes.map(() => retry({ error: 'agents kept changing' }));
}

function attemptsOf(
  message: Extract<Message, { type: 'task.completed.v1' | 'task.failed.v1' | 'attempt.failed.v1' }>,
): AgentAttempt[] {
  if (message.type === 'task.completed.v1') return attemptsOfTaskCompleted(message);
  const one =
    message.type === 'task.failed.v1' ? attemptOfTaskFailed(message) : attemptOfAttemptFailed(message);
  return one === undefined ? [] : [one];
}

function byAgent(attempts: readonly AgentAttempt[]): Attempts {
  const grouped = Map.groupBy(attempts, ({ agentId }) => agentId);
  return new Map(
    [...grouped].map(([agentId, own]) => [
      agentId,
      new Map(own.map(({ attempt }) => [attemptKey(attempt), attempt])),
    ]),
  );
}

/** Counts what was not counted yet; returns the agents that were changed by another replica in between. */
async function count({ store, metrics }: RegistryDeps, attempts: Attempts): Promise<Attempts> {
  const ids = [...attempts.keys()];
  const asked = [...attempts].map(([agentId, own]) => ({ agentId, attempts: [...own.keys()] }));
  const [agents, uncounted] = await Promise.all([store.read(ids), store.readUncounted(asked)]);
  const changes: ChangeToWrite[] = [];
  for (const [index, agentId] of ids.entries()) {
    const agent = agents[index];
    // Reaped: nobody asks for its performance any more.
    if (agent === undefined) continue;
    const fresh = [...(attempts.get(agentId) ?? [])].filter(([key]) => uncounted[index]?.has(key));
    const change = countAttempts(
      agent,
      fresh.map(([, attempt]) => attempt),
    );
    if (change !== undefined) changes.push({ change, attempts: fresh.map(([key]) => key) });
  }
  const written = await store.change(changes);
  const conflicts = new Set<AgentId>();
  for (const [index, { change, attempts: keys = [] }] of changes.entries()) {
    if (written[index]) {
      metrics.attempts.inc(keys.length);
      metrics.changes.inc({ event: 'agent.updated.v1' });
    } else conflicts.add(change.after.record.agent_id);
  }
  return new Map([...attempts].filter(([agentId]) => conflicts.has(agentId)));
}
