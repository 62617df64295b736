import type { AssembledService } from '@nova-torch/service-kit';
import type { Rig } from './rig.ts';
import type { Assignment, TestAgent } from './test-agent.ts';

export interface DeafAtFirst {
  readonly agents: readonly TestAgent[];
  /** What any of them was given, in order. */
  readonly given: readonly { readonly agent: TestAgent; readonly assignment: Assignment }[];
}

/** Two agents the router knows: whichever of them is given the first task says nothing, all later ones are completed. */
export async function deafAtFirst(rig: Rig, router: AssembledService): Promise<DeafAtFirst> {
  const given: { agent: TestAgent; assignment: Assignment }[] = [];
  const work = async (assignment: Assignment, agent: TestAgent): Promise<void> => {
    given.push({ agent, assignment });
    if (given.length > 1) await agent.completed(assignment);
  };
  const agents = [await rig.agent({ work }), await rig.agent({ work })];
  await rig.known(router);
  return { agents, given };
}
