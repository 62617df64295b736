// Asks a model about tasks, within bounds. Whatever goes wrong, `ask` resolves, and says why there is no answer.
//
// M1. At most `concurrency` calls at a time, `limits` within any hour, each within the endpoint's timeout; the same
//     question is asked once, however often it comes while it is under way or remembered.
// M2. An endpoint that fails is spared by a breaker.
import { createHash } from 'node:crypto';
import {
  type Breaker,
  BreakerOpenError,
  createBreaker,
  type FlowBoard,
  type Logger,
} from '@nova-torch/service-kit';
import { HourlyBudget, type HourlyLimits, type Spending } from '../domain/analysis/hourly-budget.ts';
import type { ModelPick } from '../domain/analysis/model-pick.ts';
import type { ModelQuestion } from '../domain/analysis/model-question.ts';
import {
  askModel,
  type CallFailure,
  type ChatEndpoint,
  ModelCallError,
  type TokenUse,
} from './chat-endpoint.ts';
import type { LlmMetrics } from './llm-metrics.ts';

/** What came of a question; `reason` is a sentence for people. */
export type ModelAnswer =
  | { readonly kind: 'picked'; readonly pick: ModelPick; readonly reason: string }
  | { readonly kind: 'nothing'; readonly outcome: Outcome; readonly reason: string };

/** Why there is no answer. */
export type Outcome = CallFailure | 'over_budget' | 'busy' | 'breaker_open';

export interface ModelAnalystOptions {
  readonly endpoint: ChatEndpoint;
  readonly concurrency: number;
  readonly limits: HourlyLimits;
  readonly metrics: LlmMetrics;
  readonly flow: FlowBoard;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
}

/** Answers remembered; the one not used for longest makes room. */
const REMEMBERED_MAX = 1_000;
/** Characters of a token, about; only until the endpoint says how many there were. */
const CHARS_PER_TOKEN = 3;
/** What an answer in the form asked for takes at most, about. */
const ANSWER_TOKENS = 200;

const BREAKER = { breakAfter: 3, tryAfterMs: 2_000, tryAfterMsMax: 120_000 };
const BREAKER_NAME = 'llm analyser';

export class ModelAnalyst {
  readonly #options: ModelAnalystOptions;
  readonly #budget: HourlyBudget;
  readonly #breaker: Breaker = createBreaker(BREAKER);
  readonly #remembered = new Map<string, ModelPick>();
  readonly #running = new Map<string, Promise<ModelAnswer>>();
  readonly #stopping = new AbortController();
  #refused = 0;

  constructor(options: ModelAnalystOptions) {
    this.#options = options;
    const { flow, limits, nowMs } = options;
    this.#budget = new HourlyBudget(limits);
    flow.breaker(BREAKER_NAME, () => this.#breaker.state);
    const used = (what: keyof HourlyLimits) => () => ({
      used: this.#budget.used(nowMs())[what],
      max: limits[what],
      refused: this.#refused,
    });
    flow.limit('llm calls per hour', used('calls'));
    flow.limit('llm tokens per hour', used('tokens'));
  }

  /** Asks, or answers from what was asked before. Never rejects. */
  async ask(question: ModelQuestion): Promise<ModelAnswer> {
    const { endpoint, concurrency, metrics } = this.#options;
    const hash = hashOf(endpoint, question);
    const pick = this.#remembered.get(hash);
    if (pick !== undefined) {
      this.#remember(hash, pick);
      metrics.analyses.inc({ outcome: 'cached' });
      return { kind: 'picked', pick, reason: `${endpoint.model} was asked the same before` };
    }
    const running = this.#running.get(hash);
    if (running !== undefined) return running;
    if (this.#stopping.signal.aborted) return this.#nothing('stopped', 'this task-router is stopping');
    if (this.#running.size >= concurrency)
      return this.#nothing('busy', `${concurrency} calls are under way already`);
    const estimate =
      Math.ceil((question.system.length + question.user.length) / CHARS_PER_TOKEN) + ANSWER_TOKENS;
    const spending = this.#budget.take(estimate, this.#options.nowMs());
    if (spending === undefined) {
      this.#refused += 1;
      return this.#nothing('over_budget', 'the budget of this hour is spent');
    }
    const asking = this.#call(hash, question, spending).finally(() => this.#running.delete(hash));
    this.#running.set(hash, asking);
    return asking;
  }

  /** Breaks off what is under way and asks nothing any more; resolves when nothing goes on. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running.values());
  }

  async #call(hash: string, question: ModelQuestion, spending: Spending): Promise<ModelAnswer> {
    const { endpoint, metrics, logger } = this.#options;
    let endTimer: (() => number) | undefined;
    try {
      const { pick, tokens } = await this.#breaker.run(() => {
        endTimer = metrics.duration.startTimer();
        return askModel(endpoint, question, this.#stopping.signal);
      });
      this.#account(spending, tokens);
      this.#remember(hash, pick);
      metrics.analyses.inc({ outcome: 'ok' });
      return { kind: 'picked', pick, reason: `${endpoint.model} was asked` };
    } catch (error) {
      if (error instanceof BreakerOpenError) {
        this.#budget.giveBack(spending);
        return this.#nothing('breaker_open', 'it failed several times: it is tried again in a while');
      }
      const { failure, message, tokens } =
        error instanceof ModelCallError ? error : new ModelCallError('unreachable', 'the call failed');
      this.#account(spending, tokens);
      logger.warn(
        { outcome: failure, model: endpoint.model },
        `the model did not analyse a task: ${message}`,
      );
      return this.#nothing(failure, message);
    } finally {
      endTimer?.();
    }
  }

  /** Where the endpoint does not tell, the estimate stands: a call that failed may cost as much. */
  #account(spending: Spending, tokens: TokenUse | undefined): void {
    const { analysedTokens } = this.#options.metrics;
    if (tokens === undefined) {
      analysedTokens.inc({ kind: 'estimated' }, spending.tokens);
      return;
    }
    this.#budget.correct(spending, tokens.prompt + tokens.completion);
    analysedTokens.inc({ kind: 'prompt' }, tokens.prompt);
    analysedTokens.inc({ kind: 'completion' }, tokens.completion);
  }

  #nothing(outcome: Outcome, why: string): ModelAnswer {
    const { metrics, endpoint } = this.#options;
    metrics.analyses.inc({ outcome });
    return { kind: 'nothing', outcome, reason: `no answer of ${endpoint.model}: ${why}` };
  }

  #remember(hash: string, pick: ModelPick): void {
    // Put last: the map's order is that of the last use.
    this.#remembered.delete(hash);
    this.#remembered.set(hash, pick);
    if (this.#remembered.size <= REMEMBERED_MAX) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }
}

const hashOf = ({ model }: ChatEndpoint, { system, user }: ModelQuestion): string =>
  createHash('sha256')
    .update(JSON.stringify([model, system, user]))
    .digest('base64');
