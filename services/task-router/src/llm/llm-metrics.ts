import type { Metrics } from '@nova-torch/service-kit';
import type { Counter, Histogram } from 'prom-client';

/** Metrics of the model that analyses tasks; registered only where one is configured. */
export interface LlmMetrics {
  readonly analyses: Counter<'outcome'>;
  readonly analysedTokens: Counter<'kind'>;
  readonly submissions: Counter<'outcome'>;
  readonly duration: Histogram;
}

const CALL_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32];

export function llmMetrics(metrics: Metrics): LlmMetrics {
  return {
    analyses: metrics.counter({
      name: 'router_llm_analyses_total',
      help: 'Questions to the model by outcome; all but ok and cached leave the analysis of the rules.',
      labelNames: ['outcome'],
    }),
    analysedTokens: metrics.counter({
      name: 'router_llm_tokens_total',
      help: 'Tokens of the calls: prompt and completion as the endpoint counts them, estimated where it does not.',
      labelNames: ['kind'],
    }),
    submissions: metrics.counter({
      name: 'router_llm_submissions_total',
      help: 'Waiting tasks that name neither role nor skills, by what the model was to them.',
      labelNames: ['outcome'],
    }),
    duration: metrics.histogram({
      name: 'router_llm_call_duration_seconds',
      help: 'Calls of the model that were made, however they ended.',
      buckets: CALL_BUCKETS_S,
    }),
  };
}
