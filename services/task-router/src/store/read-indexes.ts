import type { AgentId, TaskId } from '@nova-torch/protocol';
import { asHash, asList, asNumber, asString, asStrings, type Broker, type Reply } from '@nova-torch/streams';
import type { Indexes } from '../domain/indexes.ts';
import type { Waiter } from '../domain/waiting-lines.ts';
import type { RouterKeys } from './keys.ts';

/** An id with its score. */
export interface Scored {
  readonly taskId: TaskId;
  readonly score: number;
}

function scored(reply: Reply): Scored[] {
  const flat = asStrings(reply);
  const items: Scored[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    items.push({ taskId: flat[i] as TaskId, score: Number(flat[i + 1]) });
  }
  return items;
}

const scoreOf = (reply: Reply): number | undefined =>
  reply === null || reply === undefined ? undefined : asNumber(reply);

/** Reads of the indexes: what the active router is rebuilt from, and what the reconciler compares. */
export class IndexReader {
  readonly #broker: Broker;
  readonly #keys: RouterKeys;

  constructor(broker: Broker, keys: RouterKeys) {
    this.#broker = broker;
    this.#keys = keys;
  }

  async slots(): Promise<Map<AgentId, number>> {
    const fields = asHash(await this.#broker.call('HGETALL', this.#keys.slots)) ?? {};
    return new Map(Object.entries(fields).map(([agentId, used]) => [agentId as AgentId, Number(used)]));
  }

  async slotsOf(agentId: AgentId): Promise<number> {
    const used = await this.#broker.call('HGET', this.#keys.slots, agentId);
    return used === null || used === undefined ? 0 : asNumber(used);
  }

  async classes(): Promise<string[]> {
    return asStrings(await this.#broker.call('SMEMBERS', this.#keys.classes));
  }

  /** The first `count` of each class and how many it has. */
  async lines(
    classNames: readonly string[],
    count: number,
  ): Promise<{ readonly className: string; readonly size: number; readonly first: Waiter[] }[]> {
    const replies = await this.#broker.batch(
      classNames.flatMap((name) => [
        ['ZCARD', this.#keys.waiting(name)] as const,
        ['ZRANGE', this.#keys.waiting(name), 0, count - 1, 'WITHSCORES'] as const,
      ]),
    );
    return classNames.map((className, i) => ({
      className,
      size: asNumber(replies[2 * i]),
      first: scored(replies[2 * i + 1]),
    }));
  }

  /** How many tasks stand before one in its line, and in the line; undefined when it is not there. */
  async standing(
    lineName: string,
    taskId: TaskId,
  ): Promise<{ readonly ahead: number; readonly waiting: number } | undefined> {
    const key = this.#keys.waiting(lineName);
    const [rank, size] = await this.#broker.batch([['ZRANK', key, taskId] as const, ['ZCARD', key] as const]);
    return rank === null || rank === undefined
      ? undefined
      : { ahead: asNumber(rank), waiting: asNumber(size) };
  }

  /** At most `count` timers, the earliest first, up to `untilMs`. */
  async due(untilMs: number, count: number): Promise<Scored[]> {
    const range = [this.#keys.timers, '-inf', untilMs, 'WITHSCORES', 'LIMIT', 0, count] as const;
    return scored(await this.#broker.call('ZRANGEBYSCORE', ...range));
  }

  /** When the earliest timer fires. */
  async nextDue(): Promise<number | undefined> {
    return scored(await this.#broker.call('ZRANGE', this.#keys.timers, 0, 0, 'WITHSCORES'))[0]?.score;
  }

  /** Ended tasks with dependents that are not released yet; at most about `count`. */
  async unresolved(count: number): Promise<TaskId[]> {
    return asStrings(await this.#broker.call('SRANDMEMBER', this.#keys.resolve, count)) as TaskId[];
  }

  /** At most `count` tasks that wait for this one. */
  async dependents(taskId: TaskId, count: number): Promise<TaskId[]> {
    return asStrings(
      await this.#broker.call('SRANDMEMBER', this.#keys.dependents(taskId), count),
    ) as TaskId[];
  }

  /** At most `count` tasks of a workflow, in the order of their ids, from the first behind `after`. */
  async workflowTasks(workflowId: string, after: TaskId | undefined, count: number): Promise<TaskId[]> {
    const min = after === undefined ? '-' : `(${after}`;
    const range = [this.#keys.workflow(workflowId), min, '+', 'LIMIT', 0, count] as const;
    return asStrings(await this.#broker.call('ZRANGEBYLEX', ...range)) as TaskId[];
  }

  /** Tasks that have not ended. */
  async openCount(): Promise<number> {
    return asNumber(await this.#broker.call('ZCARD', this.#keys.timers));
  }

  async endedCount(): Promise<number> {
    return asNumber(await this.#broker.call('ZCARD', this.#keys.ended));
  }

  /** The ended tasks that ended first. */
  async endedFirst(count: number): Promise<Scored[]> {
    return scored(await this.#broker.call('ZRANGE', this.#keys.ended, 0, count - 1, 'WITHSCORES'));
  }

  /** Which of the tasks have dependents that are not released yet. */
  async withDependents(taskIds: readonly TaskId[]): Promise<Set<TaskId>> {
    const replies = await this.#broker.batch(
      taskIds.map((taskId) => ['EXISTS', this.#keys.dependents(taskId)] as const),
    );
    return new Set(taskIds.filter((_, i) => asNumber(replies[i]) > 0));
  }

  /** One step of a scan over a sorted set of ids. A cursor of '0' begins, and means the end when returned. */
  async scan(
    index: 'timers' | 'active' | 'index' | { readonly className: string },
    cursor: string,
    count: number,
  ): Promise<{ readonly cursor: string; readonly taskIds: TaskId[] }> {
    const key = typeof index === 'string' ? this.#keys[index] : this.#keys.waiting(index.className);
    const [next, flat] = asList(await this.#broker.call('ZSCAN', key, cursor, 'COUNT', count));
    return { cursor: asString(next), taskIds: scored(flat).map(({ taskId }) => taskId) };
  }

  /** Where tasks really stand, for comparison with where their records say they must. */
  async places(
    tasks: readonly { readonly taskId: TaskId; readonly className: string | undefined }[],
  ): Promise<Indexes[]> {
    const { timers, active, ended } = this.#keys;
    const replies = await this.#broker.batch(
      tasks.flatMap(({ taskId, className }) => [
        ['ZSCORE', timers, taskId] as const,
        ['ZSCORE', active, taskId] as const,
        ['ZSCORE', ended, taskId] as const,
        ['ZSCORE', className === undefined ? ended : this.#keys.waiting(className), taskId] as const,
      ]),
    );
    return tasks.map(({ className }, i): Indexes => {
      const [due, sinceMs, endedAtMs, score] = replies.slice(4 * i, 4 * i + 4).map(scoreOf);
      return {
        dueMs: due,
        held: sinceMs === undefined ? undefined : { agentId: '' as AgentId, sinceMs },
        endedAtMs,
        waiting: className === undefined || score === undefined ? undefined : { className, score },
      };
    });
  }
}
