import { type Calls, createCalls, type NovaClientOptions } from './calls.ts';

/** What the groups of calls share. Each group extends the one before; NovaClient is the last. */
export abstract class ClientCalls {
  protected readonly calls: Calls;

  constructor(options: NovaClientOptions) {
    this.calls = createCalls(options);
  }
}
