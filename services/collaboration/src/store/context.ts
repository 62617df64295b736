import type { Broker } from '@nova-torch/streams';
import type { CollaborationKeys } from './keys.ts';

/** What every function of the store needs. */
export interface StoreContext {
  readonly broker: Broker;
  readonly keys: CollaborationKeys;
  readonly partition: number;
  /** The instance, as the sender of what the store writes. */
  readonly sender: string;
  /** How long a message's record is kept, ms. */
  readonly keepMs: number;
  /** Messages that may be queued for one agent. */
  readonly queuedMax: number;
}
