import type { AgentId } from '@nova-torch/protocol';
import { asNumber, type Broker, defineScript } from '@nova-torch/streams';
import { NotLeaderError } from './apply-transitions.ts';
import type { RouterKeys } from './keys.ts';

const script = defineScript({
  name: 'repair-slots',
  file: new URL('./repair-slots.lua', import.meta.url),
  parse: asNumber,
});

/** Puts the slots an agent uses from `wrong` to `right`. False when they changed meanwhile. Throws NotLeaderError. */
export async function repairSlots(
  broker: Broker,
  keys: RouterKeys,
  term: number,
  repair: { readonly agentId: AgentId; readonly wrong: number; readonly right: number },
): Promise<boolean> {
  const answer = await broker.run(script, {
    keys: [keys.leader, keys.slots],
    args: [term, repair.agentId, repair.wrong, repair.right],
  });
  if (answer < 0) throw new NotLeaderError(term);
  return answer === 1;
}
