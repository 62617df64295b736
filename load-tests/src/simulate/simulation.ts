// One strategy in one world, from the first task to the last end. Time goes from event to event; nothing waits.
//
// V1. An agent never has more tasks than slots, and only such as it can do.
// V2. Each task ends once.
// A run that breaks one of them throws.
import { type AgentId, PRIORITIES, type TaskId } from '@nova-torch/protocol';
import type { TaskRecord } from '@nova-torch/task-router';
import { numbersFrom } from '../numbers.ts';
import { EventQueue } from './event-queue.ts';
import { Observations } from './observations.ts';
import { type Next, SimulatedRouter } from './router.ts';
import type { Strategy } from './strategies/strategy.ts';
import { fateOf, type World } from './world.ts';

/** An attempt that goes on. */
interface Attempt {
  readonly kind: 'attempt';
  readonly taskId: TaskId;
  readonly agent: number;
  readonly startedMs: number;
  readonly succeeds: boolean;
  /** Its agent left. */
  lost: boolean;
}

type SimulatedEvent =
  | Attempt
  | { readonly kind: 'wake'; readonly taskId: TaskId }
  | { readonly kind: 'rest-ended' };

const numberOf = (id: TaskId | AgentId): number => Number.parseInt(id.slice(-12), 16);
const taskIdOf = (task: number): TaskId => `task-0-${task.toString(16).padStart(32, '0')}` as TaskId;
const SUBMITTER_NAMES = Array.from({ length: 16 }, (_, at) => `submitter-${at}`);

/** Runs a strategy in a world. The same arguments give the same observations. */
export function simulate(world: World, strategy: Strategy): Observations {
  return new Simulation(world, strategy).run();
}

class Simulation {
  readonly #world: World;
  readonly #events = new EventQueue<SimulatedEvent>();
  readonly #router: SimulatedRouter;
  readonly #seen: Observations;
  /** By agent. */
  readonly #running: Attempt[][];
  readonly #ended: Uint8Array;
  #nowMs = 0;
  #arrived = 0;
  #comings = 0;

  constructor(world: World, strategy: Strategy) {
    this.#world = world;
    this.#running = world.fleet.map(() => []);
    this.#ended = new Uint8Array(world.trace.length);
    this.#router = new SimulatedRouter(strategy, world, numbersFrom(world.seed + 1), {
      started: (record, agentId) => this.#start(record, agentId),
      restsUntil: (endMs) => this.#events.add(endMs, { kind: 'rest-ended' }),
    });
    this.#seen = new Observations(world, this.#router.index);
  }

  run(): Observations {
    const { trace } = this.#world;
    while (this.#arrived < trace.length || this.#router.open > 0) {
      this.#nowMs = this.#nextMs();
      if (this.#nowMs === Number.POSITIVE_INFINITY)
        throw new Error(`${this.#router.open} tasks wait forever`);
      this.#happen();
      this.#router.match(this.#nowMs);
    }
    return this.#seen;
  }

  #nextMs(): number {
    const { trace, comings } = this.#world;
    const arrivalMs = trace.atMs[this.#arrived] ?? Number.POSITIVE_INFINITY;
    const comingMs = comings[this.#comings]?.atMs ?? Number.POSITIVE_INFINITY;
    return Math.min(arrivalMs, comingMs, this.#events.nextMs);
  }

  /** All that happens at this time. */
  #happen(): void {
    const { trace, comings } = this.#world;
    while (this.#events.nextMs === this.#nowMs) {
      const event = this.#events.take();
      if (event?.kind === 'attempt') this.#end(event);
      else if (event?.kind === 'wake') this.#wake(event.taskId);
      else this.#router.restEnded();
    }
    for (let next = comings[this.#comings]; next?.atMs === this.#nowMs; next = comings[this.#comings]) {
      this.#comings += 1;
      this.#come(next.agent, next.there);
    }
    while (trace.atMs[this.#arrived] === this.#nowMs) {
      this.#submit(this.#arrived);
      this.#arrived += 1;
    }
  }

  #submit(task: number): void {
    const { trace, kinds } = this.#world;
    const spec = kinds[trace.kind[task] ?? 0]?.specs[PRIORITIES[trace.priority[task] ?? 0] ?? 'normal'];
    const submitter = SUBMITTER_NAMES[trace.submitter[task] ?? 0];
    if (spec === undefined || submitter === undefined) throw new Error(`task ${task} is of no kind`);
    this.#seen.waits(task);
    this.#router.submit({ task_id: taskIdOf(task), spec, submitter }, this.#nowMs);
  }

  #wake(taskId: TaskId): void {
    this.#seen.waits(numberOf(taskId));
    this.#router.wake(taskId, this.#nowMs);
  }

  #start(record: TaskRecord, agentId: AgentId): void {
    const task = numberOf(record.task_id);
    const agent = numberOf(agentId);
    const running = this.#running[agent] ?? [];
    const capacity = this.#world.fleet[agent]?.record.capacity ?? 0;
    if (running.length >= capacity)
      throw new Error(`agent ${agent} has ${running.length} of ${capacity} tasks`);
    const { tookMs, succeeds } = fateOf(this.#world, task, agent, record.live.attempt, running.length);
    const attempt: Attempt = {
      ...{ kind: 'attempt', taskId: record.task_id, agent, startedMs: this.#nowMs, succeeds, lost: false },
    };
    running.push(attempt);
    this.#seen.starts(task, agent, this.#nowMs);
    this.#events.add(this.#nowMs + tookMs, attempt);
  }

  #end(attempt: Attempt): void {
    if (attempt.lost) return;
    const running = this.#running[attempt.agent] ?? [];
    running.splice(running.indexOf(attempt), 1);
    this.#seen.attemptEnded(attempt, this.#nowMs);
    this.#follow(attempt.taskId, this.#router.report(attempt.taskId, attempt.succeeds, this.#nowMs));
  }

  #come(agent: number, there: boolean): void {
    const id = this.#world.fleet[agent]?.id as AgentId;
    if (there) {
      this.#router.comeBack(id, this.#nowMs);
      return;
    }
    for (const attempt of this.#running[agent]?.splice(0) ?? []) {
      attempt.lost = true;
      this.#seen.attemptEnded(attempt, this.#nowMs);
    }
    for (const [taskId, next] of this.#router.lose(id, this.#nowMs)) this.#follow(taskId, next);
  }

  #follow(taskId: TaskId, next: Next): void {
    const task = numberOf(taskId);
    if (next.kind === 'scheduled') this.#events.add(next.atMs, { kind: 'wake', taskId });
    else if (next.kind === 'ready') this.#seen.waits(task);
    else {
      if (this.#ended[task] === 1) throw new Error(`${taskId} ended twice`);
      this.#ended[task] = 1;
      this.#seen.ended(task, next.completed, this.#nowMs);
    }
  }
}
