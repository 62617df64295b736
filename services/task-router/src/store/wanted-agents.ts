import { AgentId, DemandState, SpawnId } from '@nova-torch/protocol';
import { asHash, asNumber, asString, type Broker, defineScript } from '@nova-torch/streams';
import { z } from 'zod';
import type { WantedAgent } from '../domain/wanted-agent.ts';
import { NotLeaderError } from './apply-transitions.ts';
import type { RouterKeys } from './keys.ts';

const putWanted = defineScript({
  name: 'put-wanted',
  file: new URL('./put-wanted.lua', import.meta.url),
  parse: asNumber,
});

const WantedJson: z.ZodType<WantedAgent> = z.object({
  className: z.string(),
  state: DemandState,
  noticedAtMs: z.number(),
  dueMs: z.number(),
  attempts: z.number(),
  askedAtMs: z.number().optional(),
  spawnId: SpawnId.optional(),
  template: z.string().optional(),
  agentId: AgentId.optional(),
  reason: z.string().optional(),
  full: z.boolean().optional(),
});

/** The searches for agents, as they are stored. Any router may read them; only the active one writes. */
export class WantedAgents {
  readonly #broker: Broker;
  readonly #keys: RouterKeys;

  constructor(broker: Broker, keys: RouterKeys) {
    this.#broker = broker;
    this.#keys = keys;
  }

  async all(): Promise<WantedAgent[]> {
    const stored = asHash(await this.#broker.call('HGETALL', this.#keys.wanted)) ?? {};
    return Object.values(stored).map((json) => WantedJson.parse(JSON.parse(json)));
  }

  async get(className: string): Promise<WantedAgent | undefined> {
    const json = asString(await this.#broker.call('HGET', this.#keys.wanted, className));
    return json === '' ? undefined : WantedJson.parse(JSON.parse(json));
  }

  /**
   * Stores `after`, decided from `before`; undefined stands for none. False when something else is stored than either.
   * Safe to repeat. Throws NotLeaderError.
   */
  async put(
    term: number,
    className: string,
    before: WantedAgent | undefined,
    after: WantedAgent | undefined,
  ): Promise<boolean> {
    const answer = await this.#broker.run(putWanted, {
      keys: [this.#keys.leader, this.#keys.wanted],
      args: [term, className, textOf(before), textOf(after)],
    });
    if (answer < 0) throw new NotLeaderError(term);
    return answer === 1;
  }
}

/** The same search is the same text, whatever the order its fields were set in. */
function textOf(wanted: WantedAgent | undefined): string {
  if (wanted === undefined) return '';
  const { className, state, noticedAtMs, dueMs, attempts, askedAtMs, spawnId } = wanted;
  const { template, agentId, reason, full } = wanted;
  const fields = { className, state, noticedAtMs, dueMs, attempts, askedAtMs, spawnId };
  return JSON.stringify({ ...fields, template, agentId, reason, full });
}
