import type { TaskId } from '@nova-torch/protocol';
import { asNumber, type Broker, defineScript } from '@nova-torch/streams';
import { NotLeaderError } from './apply-transitions.ts';
import type { RouterKeys } from './keys.ts';

const script = defineScript({
  name: 'release-dependents',
  file: new URL('./release-dependents.lua', import.meta.url),
  parse: asNumber,
});

/**
 * Strikes off dependents that were seen to. True when the ended task has none left, or was given another try and keeps
 * them. Throws NotLeaderError.
 */
export async function releaseDependents(
  broker: Broker,
  keys: RouterKeys,
  term: number,
  endedTask: TaskId,
  seenTo: readonly TaskId[],
): Promise<boolean> {
  const answer = await broker.run(script, {
    keys: [keys.leader, keys.resolve, keys.dependents(endedTask), keys.task(endedTask)],
    args: [term, endedTask, ...seenTo],
  });
  if (answer < 0) throw new NotLeaderError(term);
  return answer === 1;
}
