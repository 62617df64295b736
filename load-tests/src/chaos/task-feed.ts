// What the platform says on its feed while it happens: where each task is, and under which epoch reports were taken.
import { setTimeout as delay } from 'node:timers/promises';
import {
  isHeld,
  isTerminal,
  streamKeys,
  type TaskChange,
  type TaskChangedV1,
  type TaskState,
} from '@nova-torch/protocol';
import { asStreamEntries, type Broker } from '@nova-torch/streams';

const BLOCK_MS = 500;
const COUNT = 1_000;
const AGAIN_MS = 20;

/** Where a task is now. */
export interface TaskNow {
  readonly state: TaskState;
  readonly agentId: string | undefined;
  readonly epoch: number;
}

export class TaskFeed {
  readonly #broker: Broker;
  readonly #now = new Map<string, TaskNow>();
  readonly #reports = new Map<string, number>();
  readonly #moves = new Map<string, TaskChange[]>();
  readonly #listeners = new Set<(change: TaskChange) => void>();
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  /** `broker` must be reached without faults in between. */
  constructor(broker: Broker) {
    this.#broker = broker;
  }

  start(): void {
    this.#loop = this.#follow();
  }

  /** Where the task was last. */
  now(taskId: string): TaskNow | undefined {
    return this.#now.get(taskId);
  }

  /** Tasks that agents hold now, by those agents. */
  heldBy(agentIds: ReadonlySet<string>): { taskId: string; epoch: number }[] {
    return [...this.#now].flatMap(([taskId, { state, agentId, epoch }]) =>
      isHeld(state) && agentId !== undefined && agentIds.has(agentId) ? [{ taskId, epoch }] : [],
    );
  }

  /** The epoch under which a progress report of a run was taken. */
  epochOfReport(run: string): number | undefined {
    return this.#reports.get(run);
  }

  /** Every transition of a task that the feed showed, in order: also those the platform lost with the broker's data. */
  moves(taskId: string): readonly TaskChange[] {
    return this.#moves.get(taskId) ?? [];
  }

  /** Calls for every change from now on; the returned function ends it. */
  listen(onChange: (change: TaskChange) => void): () => void {
    this.#listeners.add(onChange);
    return () => void this.#listeners.delete(onChange);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #follow(): Promise<void> {
    const key = streamKeys(0).tasksActive;
    const reader = this.#broker.openReader('chaos feed');
    for (let last = '0-0'; !this.#stopping.signal.aborted; ) {
      try {
        const args = ['COUNT', COUNT, 'BLOCK', BLOCK_MS, 'STREAMS', key, last];
        const reply = await reader.read('XREAD', args, BLOCK_MS);
        for (const { id, fields } of asStreamEntries(reply)[0]?.entries ?? []) {
          last = id;
          const { payload } = JSON.parse(fields.m ?? '{}') as TaskChangedV1;
          for (const change of payload.changes) this.#take(change);
        }
      } catch {
        // The broker is away, which is what this is about.
        await delay(AGAIN_MS);
      }
    }
    await reader.close();
  }

  #take(change: TaskChange): void {
    const { task_id, from, to, agent_id, epoch, progress } = change;
    if (from !== to) this.#moves.set(task_id, [...this.moves(task_id), change]);
    this.#now.set(task_id, { state: to, agentId: agent_id, epoch });
    if (progress?.message !== undefined && !isTerminal(to)) this.#reports.set(progress.message, epoch);
    for (const listener of this.#listeners) listener(change);
  }
}
