import { COLLABORATION_METRICS } from '@nova-torch/metrics';
import { type MadeMetrics, type Metrics, startAtZero } from '@nova-torch/service-kit';

export type CollaborationMetrics = MadeMetrics<typeof COLLABORATION_METRICS>;

/** Makes every metric of collaboration. Once per process. */
export function collaborationMetrics(metrics: Metrics): CollaborationMetrics {
  const made = metrics.make(COLLABORATION_METRICS);
  startAtZero(
    made.sent,
    ['sent', 'scheduled', 'due', 'repeated', 'resumed'].map((outcome) => ({ outcome })),
  );
  startAtZero(
    made.receipts,
    ['queued', 'delivered', 'late', 'repeated', 'unknown', 'undeliverable', 'expired'].map((outcome) => ({
      outcome,
    })),
  );
  return made;
}
