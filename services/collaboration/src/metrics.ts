import type { Metrics } from '@nova-torch/service-kit';

/** Makes every metric of collaboration. Once per process. */
export function collaborationMetrics(metrics: Metrics) {
  return {
    agents: metrics.gauge({ name: 'collaboration_agents', help: 'Agents in the read model.' }),
    active: metrics.gauge({
      name: 'collaboration_active',
      help: '1 while this replica handles messages, 0 while it stands by.',
    }),
    sent: metrics.counter({
      name: 'collaboration_messages_total',
      help: 'Requests to send a message, by outcome: sent, scheduled, due (its time has come), repeated, resumed, or the code of the refusal.',
      labelNames: ['outcome'],
    }),
    receipts: metrics.counter({
      name: 'collaboration_receipts_total',
      help: 'Receipts by what became of them: queued, delivered, late (delivered after it was given up), repeated, unknown, undeliverable, expired.',
      labelNames: ['outcome'],
    }),
    released: metrics.counter({
      name: 'collaboration_agents_released_total',
      help: 'Releases sent for agents that are gone, repeats included.',
    }),
    pruned: metrics.counter({
      name: 'collaboration_messages_pruned_total',
      help: 'Records of messages deleted by age or number.',
    }),
    delay: metrics.histogram({
      name: 'collaboration_post_delay_seconds',
      help: 'From the request on the stream to the last inbox.',
    }),
  };
}

export type CollaborationMetrics = ReturnType<typeof collaborationMetrics>;
