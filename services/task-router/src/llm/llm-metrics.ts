import type { LLM_METRICS } from '@nova-torch/metrics';
import type { MadeMetrics } from '@nova-torch/service-kit';

/** Metrics of the model that analyses tasks; made only where one is configured. */
export type LlmMetrics = MadeMetrics<typeof LLM_METRICS>;
