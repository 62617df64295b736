import type { Tracing } from '@nova-torch/service-kit';
import type { LivenessSettings } from '../domain/liveness.ts';
import type { RegistryMetrics } from '../metrics.ts';
import type { AgentStore } from '../store/agent-store.ts';

/** What the consumers and loops of the registry work with. */
export interface RegistryDeps {
  readonly store: AgentStore;
  readonly liveness: LivenessSettings;
  readonly partition: number;
  /** The sender of answers. */
  readonly instance: string;
  readonly metrics: RegistryMetrics;
  readonly tracing: Tracing;
  /** The broker's clock, Unix ms. */
  serverNowMs(): number;
  /** Lets the reaper look again at once: something falls due earlier than it knows. */
  wakeReaper(): void;
}
