// Routers are killed (SIGKILL) while a backlog waits → its tasks are given to agents again.
import { within } from '../deadline.ts';
import type { Workers } from '../worker-process.ts';
import type { AssignmentBook } from './assignment-book.ts';
import { activeRouter, type Routers } from './routers.ts';

const AGAIN_WITHIN_MS = 60_000;

/**
 * Every router is killed, then `startAgents` brings agents, then all routers are started at once: ms from there to the
 * first of the waiting tasks being in an agent's hands, the start of the processes included.
 */
export async function measureColdStart(
  { platform, routers }: Routers,
  startAgents: () => Promise<Workers>,
): Promise<{ workers: Workers; first_ms: number }> {
  await Promise.all(routers.map((name) => platform.kill9(name)));
  const workers = await startAgents();
  const startedAt = performance.now();
  const first = within(AGAIN_WITHIN_MS, 'the first waiting task to be begun', workers.reached(1)).then(
    () => performance.now() - startedAt,
  );
  const [first_ms] = await Promise.all([first, ...routers.map((name) => platform.service(name).start())]);
  return { workers, first_ms: Math.round(first_ms) };
}

/** The active router is killed while agents work and others stand by: ms until another one gives a task away; `times`. */
export async function measureTakeovers(
  scene: Routers,
  book: AssignmentBook,
  times: number,
): Promise<number[]> {
  const found: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const { router, instance } = await activeRouter(scene);
    const killedAt = performance.now();
    const given = book.givenByAnother(instance);
    await router.kill9();
    const at = await within(AGAIN_WITHIN_MS, 'another router to give tasks away', given);
    found.push(Math.round(at - killedAt));
    await router.start();
  }
  return found;
}
