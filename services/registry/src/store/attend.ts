import { asNumber, defineScript } from '@nova-torch/streams';
import type { StoreContext } from './context.ts';

const script = defineScript<number>({
  name: 'attend',
  file: new URL('./attend.lua', import.meta.url),
  parse: asNumber,
});

/**
 * Notes that heartbeats are listened for at `nowMs` (server ms). Returns since when somebody has been listening, with
 * no break longer than `breakMs`; any replica counts.
 */
export const attend = ({ broker, keys }: StoreContext, nowMs: number, breakMs: number): Promise<number> =>
  broker.run(script, { keys: [keys.attendance], args: [Math.floor(nowMs), breakMs] });
