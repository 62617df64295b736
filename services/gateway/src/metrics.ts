import { GATEWAY_METRICS } from '@nova-torch/metrics';
import { ERRORS, PRIORITIES } from '@nova-torch/protocol';
import { type MadeMetrics, type Metrics, startAtZero } from '@nova-torch/service-kit';

export type GatewayMetrics = MadeMetrics<typeof GATEWAY_METRICS>;

/** Makes every metric of the gateway beyond those each service has. Once per process. */
export function createGatewayMetrics(
  metrics: Metrics,
  sizes: { waits(): number; pulls(): number },
): GatewayMetrics {
  const made = metrics.make(GATEWAY_METRICS);
  metrics.measure(made.openWaits, sizes.waits);
  metrics.measure(made.openPulls, sizes.pulls);
  startAtZero(
    made.tasksAccepted,
    ['single', 'batch', 'workflow'].map((route) => ({ route })),
  );
  startAtZero(
    made.refused,
    ['requests', 'rate', 'queue', 'waits', 'pulls'].map((limit) => ({ limit })),
  );
  startAtZero(
    made.problems,
    ERRORS.map(({ code }) => ({ code })),
  );
  startAtZero(
    made.shed,
    PRIORITIES.map((priority) => ({ priority })),
  );
  startAtZero(
    made.idempotentRepeats,
    ['repeated', 'conflict'].map((outcome) => ({ outcome })),
  );
  startAtZero(
    made.sessionCloses,
    ['sent', 'returned', 'burst'].map((outcome) => ({ outcome })),
  );
  startAtZero(
    made.inboxMessages,
    ['given', 'undelivered', 'unreadable', 'expired'].map((outcome) => ({ outcome })),
  );
  return made;
}
