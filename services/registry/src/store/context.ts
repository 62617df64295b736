import type { Broker } from '@nova-torch/streams';
import type { LivenessSettings } from '../domain/liveness.ts';
import type { RegistryKeys } from './keys.ts';

/** What every function of the store needs. */
export interface StoreContext {
  readonly broker: Broker;
  readonly keys: RegistryKeys;
  /** The instance, as the sender of events. */
  readonly sender: string;
  readonly liveness: LivenessSettings;
  /** Agents there may be at once. */
  readonly agentsMax: number;
}
