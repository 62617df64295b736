import { counter, gauge, histogram } from './definition.ts';

/** Messages between agents. */
export const COLLABORATION_METRICS = {
  agents: gauge('collaboration_agents', 'Agents in the read model.'),
  active: gauge('collaboration_active', '1 while this replica handles messages, 0 while it stands by.'),
  sent: counter(
    'collaboration_messages_total',
    'Requests to send a message, by outcome: sent, scheduled, due (its time has come), repeated, resumed, or the code of the refusal.',
    ['outcome'],
  ),
  receipts: counter(
    'collaboration_receipts_total',
    'Receipts by what became of them: queued, delivered, late (delivered after it was given up), repeated, unknown, undeliverable, expired.',
    ['outcome'],
  ),
  released: counter(
    'collaboration_agents_released_total',
    'Releases sent for agents that are gone, repeats included.',
  ),
  pruned: counter('collaboration_messages_pruned_total', 'Records of messages deleted by age or number.'),
  delay: histogram('collaboration_post_delay_seconds', 'From the request on the stream to the last inbox.'),
  deliveryDelay: histogram(
    'collaboration_delivery_delay_seconds',
    'From the inbox to the agent having taken the message.',
  ),
} as const;
