import type { AgentIndex, Routing } from '@nova-torch/task-router';
import type { Draw } from '../draws.ts';
import type { World } from '../world.ts';

/**
 * A way to distribute tasks. All give a task only to an agent that has what it demands and a free slot, and all leave
 * no agent idle that could do something that waits; they differ in which agent, and one in which task.
 */
export interface Strategy {
  readonly name: string;
  readonly about: string;
  readonly routing: Routing;
  /** `lines`: by priority with ageing, submitters by turns, as the task-router has it; `arrival`: first come, first served. */
  readonly order: 'lines' | 'arrival';
  /** Whether an agent that failed several times in a row rests from that type of task. */
  readonly rests: boolean;
  newIndex(draw: Draw, world: World): AgentIndex;
}
