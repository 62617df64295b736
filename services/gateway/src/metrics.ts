import type { Metrics } from '@nova-torch/service-kit';

/** Every metric of the gateway beyond those each service has. */
export function createGatewayMetrics(metrics: Metrics, sizes: { waits(): number; pulls(): number }) {
  metrics.gauge({
    name: 'gateway_open_waits',
    help: 'Requests waiting for a change of a task now.',
    collect() {
      this.set(sizes.waits());
    },
  });
  metrics.gauge({
    name: 'gateway_open_pulls',
    help: 'Agents waiting for their inbox now.',
    collect() {
      this.set(sizes.pulls());
    },
  });
  return {
    tasksAccepted: metrics.counter({
      name: 'gateway_tasks_accepted_total',
      help: 'Tasks accepted, by route (single, batch, workflow).',
      labelNames: ['route'],
    }),
    idempotentRepeats: metrics.counter({
      name: 'gateway_idempotent_repeats_total',
      help: 'Requests with an idempotency key that was used before, by outcome (repeated, conflict).',
      labelNames: ['outcome'],
    }),
    refused: metrics.counter({
      name: 'gateway_overloaded_total',
      help: 'Requests refused over a limit, by limit (requests, rate, queue, waits, pulls).',
      labelNames: ['limit'],
    }),
    shed: metrics.counter({
      name: 'gateway_shed_total',
      help: 'Submissions refused because too many wait for the task-router, by priority.',
      labelNames: ['priority'],
    }),
    inboxMessages: metrics.counter({
      name: 'gateway_inbox_messages_total',
      help: 'Inbox entries, by outcome (given, undelivered, unreadable, expired).',
      labelNames: ['outcome'],
    }),
    sessionCloses: metrics.counter({
      name: 'gateway_session_closes_total',
      help: 'Pulls whose connection closed before the answer, by outcome (sent, returned, burst).',
      labelNames: ['outcome'],
    }),
    wakeUp: metrics.histogram({
      name: 'gateway_wait_wake_up_seconds',
      help: 'From the end of a task, by the clock of the broker, to the answer of a request that waited for it.',
    }),
    feedGaps: metrics.counter({
      name: 'gateway_feed_gaps_total',
      help: 'How often a feed was trimmed before the gateway read it, by feed.',
      labelNames: ['feed'],
    }),
  };
}
export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;
