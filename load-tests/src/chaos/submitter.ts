// The people of a chaos run: they submit at a steady rate whatever happens, and cancel some of it. They talk to all
// gateways and go on to the next one when one does not answer; a repeat carries the same Idempotency-Key.
import { setTimeout as delay } from 'node:timers/promises';
import { NovaApiError, NovaClient } from '@nova-torch/client';
import type { Answer, HistoryEvent } from '@nova-torch/testing';
import { openLoop } from '../latency/open-loop.ts';
import { planTask } from './work.ts';

/** The first gateway is given so long before the next one is asked. */
const FIRST_MS = 400;
/** Whoever got no answer twice is patient: hasty repeats of everybody would be a load of their own. */
const LATER_MS = 3_000;
const HASTY_TRIES = 2;
const PAUSE_MS = { first: 20, max: 1_000 };
/** Somebody who got no answer for so long gives up. */
const GIVE_UP_MS = 20_000;
/** How many tasks back a dependency may lie. */
const EARLIER_MAX = 50;

export interface SubmitterOptions {
  readonly gateways: readonly string[];
  readonly adminKey: string;
  readonly perSecond: number;
  readonly random: () => number;
  readonly record: (event: HistoryEvent) => void;
  /** Told of each task that was accepted and must be completed. */
  readonly onAccepted: (taskId: string) => void;
}

/** How long a submission took until it was accepted. */
export interface Waited {
  readonly atMs: number;
  readonly taskId: string | undefined;
  /** The active router must answer a task with dependencies; one without waits for nobody. */
  readonly hasDependencies: boolean;
  /** Undefined when it never was. */
  readonly ms: number | undefined;
  /** What went wrong before, in order. */
  readonly errors: readonly string[];
}

type Outcome<T> =
  | { readonly answer: 'ok'; readonly value: T; readonly errors: readonly string[] }
  | { readonly answer: Exclude<Answer, 'ok'>; readonly errors: readonly string[] };

export class Submitter {
  readonly waited: Waited[] = [];
  /** Ids of tasks that must be completed. */
  readonly plain = new Set<string>();
  readonly #options: SubmitterOptions;
  readonly #clients: readonly NovaClient[];
  readonly #underWay = new Set<Promise<void>>();
  readonly #earlier: string[] = [];
  #turn = 0;
  #next = 0;

  constructor(options: SubmitterOptions) {
    this.#options = options;
    this.#clients = options.gateways.map(
      (baseUrl) =>
        new NovaClient({
          baseUrl,
          key: options.adminKey,
          retries: { attemptsMax: 1 },
        }),
    );
  }

  /** Submits for so long; resolves when everything has its answer. */
  async run(seconds: number): Promise<void> {
    const { perSecond } = this.#options;
    await openLoop({
      perSecond,
      seconds,
      send: () => {
        const done = this.#one().finally(() => this.#underWay.delete(done));
        this.#underWay.add(done);
      },
    });
    await Promise.all(this.#underWay);
  }

  async #one(): Promise<void> {
    const { random, record, onAccepted } = this.#options;
    this.#next += 1;
    const atMs = Date.now();
    const planned = planTask(this.#next, { random, earlier: this.#earlier, nowMs: atMs });
    const { key, spec, deadlineMs, isPlain, cancelAfterMs } = planned;
    const outcome = await this.#ask((client, deadlineMs) =>
      client.submitTask(spec, { idempotencyKey: key, deadlineMs }),
    );
    const answeredAtMs = Date.now();
    const taskId = outcome.answer === 'ok' ? outcome.value.task_id : undefined;
    record({
      kind: 'submit',
      at_ms: atMs,
      answered_at_ms: answeredAtMs,
      answer: outcome.answer,
      key,
      dependencies: (spec.dependencies ?? []).map((one) => (typeof one === 'string' ? one : one.task_id)),
      ...(deadlineMs === undefined ? {} : { deadline_ms: deadlineMs }),
      ...(taskId === undefined ? {} : { task_id: taskId }),
    });
    const hasDependencies = (spec.dependencies ?? []).length > 0;
    this.waited.push({
      atMs,
      taskId,
      hasDependencies,
      errors: outcome.errors,
      ms: taskId === undefined ? undefined : answeredAtMs - atMs,
    });
    if (taskId === undefined) return;
    if (isPlain) this.#accepted(taskId);
    onAccepted(taskId);
    if (cancelAfterMs !== undefined) await this.#cancel(taskId, cancelAfterMs);
  }

  #accepted(taskId: string): void {
    this.plain.add(taskId);
    this.#earlier.push(taskId);
    if (this.#earlier.length > EARLIER_MAX) this.#earlier.shift();
  }

  async #cancel(taskId: string, afterMs: number): Promise<void> {
    await delay(afterMs);
    const atMs = Date.now();
    const { answer } = await this.#ask(
      (client, deadlineMs) => client.cancelTask(taskId, { reason: 'chaos', deadlineMs }),
      {
        once: true,
      },
    );
    const event = {
      kind: 'cancel',
      at_ms: atMs,
      answered_at_ms: Date.now(),
      answer,
      task_id: taskId,
    } as const;
    this.#options.record(event);
  }

  /**
   * Asks one gateway after the other until there is an answer. `once`: only as long as it is certain that nobody heard
   * it, because a repeat would be another request.
   */
  async #ask<T>(
    call: (client: NovaClient, deadlineMs: number) => Promise<T>,
    { once = false } = {},
  ): Promise<Outcome<T>> {
    const giveUpAt = performance.now() + GIVE_UP_MS;
    let wasHeard = false;
    const errors: string[] = [];
    let tries = 0;
    do {
      tries += 1;
      const client = this.#clients[this.#turn++ % this.#clients.length];
      if (client === undefined) throw new RangeError('no gateway');
      try {
        return {
          answer: 'ok',
          value: await call(client, tries <= HASTY_TRIES ? FIRST_MS : LATER_MS),
          errors,
        };
      } catch (error) {
        if (!(error instanceof NovaApiError)) throw error;
        errors.push(`${error.code}: ${error.message}`);
        if (isRefusal(error)) return { answer: wasHeard ? 'unknown' : 'fail', errors };
        wasHeard ||= !isUnheard(error);
        if (once && wasHeard) return { answer: 'unknown', errors };
      }
      await delay(Math.min(PAUSE_MS.max, PAUSE_MS.first * 2 ** tries));
    } while (performance.now() < giveUpAt);
    return { answer: wasHeard ? 'unknown' : 'fail', errors };
  }
}

/** The platform said no, and would again. */
const isRefusal = ({ status, retryable }: NovaApiError): boolean =>
  status >= 400 && status < 500 && !retryable;

/** Nothing was done: no connection was made, or it was refused before anything was looked at. */
const isUnheard = ({ code, message }: NovaApiError): boolean =>
  code === 'OVERLOADED' || (code === 'UNREACHABLE' && message.includes('ECONNREFUSED'));
