import type { DeadLetterResult, DeadLetterSummary } from '@nova-torch/protocol';
import type { CallOptions } from './calls.ts';
import type { components, operations } from './generated/api.ts';
import { WorkflowCalls } from './workflow-calls.ts';

type Schemas = components['schemas'];
/** Which dead letters; all that are given must fit. */
export type DeadLetterFilters = NonNullable<operations['exportDeadLetters']['parameters']['query']>;
export type DeadLetter = Schemas['DeadLetter'];
export type DeadLettersSettled = Schemas['DeadLettersSettled'];

/** Which dead letters: those named, those that fit, or all. */
export type DeadLetterChoice =
  | { dead_letter_ids: readonly string[] }
  | { filter: DeadLetterFilters }
  | { all: true };

const PAGE = 500;
/** How long an export may take, in ms. */
const EXPORT_MS = 3_600_000;

/** The calls about messages that were given up. */
export class DeadLetterCalls extends WorkflowCalls {
  /** Dead letters stream by stream, in each the newest first; asks for a page when the one before is used up. */
  async *listDeadLetters(
    filter: DeadLetterFilters = {},
    options: CallOptions = {},
  ): AsyncGenerator<DeadLetterSummary, void, undefined> {
    let cursor: string | undefined;
    do {
      const query = { ...filter, limit: PAGE, ...(cursor !== undefined && { cursor }) };
      const page = await this.calls.run({ ...options, safe: true }, (init) =>
        this.calls.api.GET('/v1/dead-letters', { ...init, params: { query } }),
      );
      yield* page.dead_letters as DeadLetterSummary[];
      cursor = page.next_cursor;
    } while (cursor !== undefined);
  }

  /** One dead letter with every attempt and its message. */
  getDeadLetter(deadLetterId: string, options: CallOptions = {}): Promise<DeadLetter> {
    const params = { path: { dead_letter_id: deadLetterId } };
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.GET('/v1/dead-letters/{dead_letter_id}', { ...init, params }),
    );
  }

  /** Puts one back on its stream. Safe to repeat: it goes back once. */
  async replayDeadLetter(deadLetterId: string, options: CallOptions = {}): Promise<DeadLetterResult> {
    const params = { path: { dead_letter_id: deadLetterId } };
    const result = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/dead-letters/{dead_letter_id}/replay', { ...init, params }),
    );
    return result as DeadLetterResult;
  }

  /** Every dead letter that fits, whole, as NDJSON: one DeadLetter per line. For as long as it takes. */
  async exportDeadLetters(
    filter: DeadLetterFilters = {},
    options: CallOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const stream = await this.calls.run({ ...options, safe: true, waitMs: EXPORT_MS }, (init) =>
      this.calls.api.GET('/v1/dead-letters/export', {
        ...init,
        params: { query: filter },
        parseAs: 'stream',
      }),
    );
    return stream as ReadableStream<Uint8Array>;
  }

  /** Puts back those that are there now, however many requests it takes. Outcomes are counted. */
  replayDeadLetters(choice: DeadLetterChoice, options: CallOptions = {}): Promise<DeadLettersSettled> {
    return this.#settle('/v1/dead-letters/replay', choice, options);
  }

  /** Throws away those that are there now, however many requests it takes. Outcomes are counted. */
  discardDeadLetters(choice: DeadLetterChoice, options: CallOptions = {}): Promise<DeadLettersSettled> {
    return this.#settle('/v1/dead-letters/discard', choice, options);
  }

  async #settle(
    route: '/v1/dead-letters/replay' | '/v1/dead-letters/discard',
    choice: DeadLetterChoice,
    options: CallOptions,
  ): Promise<DeadLettersSettled> {
    const whole: DeadLettersSettled = { results: [], counts: {} };
    let cursor: string | undefined;
    do {
      const body = { ...choice, ...(cursor !== undefined && { cursor }) } as Schemas['DeadLetterChoice'];
      const page = await this.calls.run({ ...options, safe: true }, (init) =>
        this.calls.api.POST(route, { ...init, body }),
      );
      whole.results.push(...page.results);
      for (const [outcome, count] of Object.entries(page.counts)) {
        whole.counts[outcome] = (whole.counts[outcome] ?? 0) + count;
      }
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    return whole;
  }
}
