import type { NovaClient } from '@nova-torch/client';
import type { Broker } from '@nova-torch/streams';
import type { Platform } from '@nova-torch/testing';
import type { Samples } from './samples.ts';

/** What every scenario works on: real services, and this process's ways to them. */
export interface Scene {
  readonly platform: Platform;
  readonly client: NovaClient;
  readonly broker: Broker;
}

/** One line of the report. `goal` is the plans' target for it, as text. */
export interface Finding {
  readonly what: string;
  readonly goal: string;
  readonly samples: Samples;
  /** Who was measured, where one stands beside another. */
  readonly contender?: string;
  /** Besides: how late the sender itself was, what is in the figure and what is not. */
  readonly notes?: Readonly<Record<string, unknown>>;
}
