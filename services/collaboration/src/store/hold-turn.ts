import { asNumber, defineScript } from '@nova-torch/streams';
import type { StoreContext } from './context.ts';

const script = defineScript<boolean>({
  name: 'hold-turn',
  file: new URL('./hold-turn.lua', import.meta.url),
  parse: (reply) => asNumber(reply) === 1,
});

/** Takes or keeps the turn for `ttlMs`; 0 gives it back. Whether the instance has it now. */
export const holdTurn = ({ broker, keys, sender }: StoreContext, ttlMs: number): Promise<boolean> =>
  broker.run(script, { keys: [keys.active], args: [sender, ttlMs] });
