// An agent host is killed (SIGKILL) in the middle of a task → the task was started by another agent.
import { streamKeys, type TaskChangedV1 } from '@nova-torch/protocol';
import { within } from '../deadline.ts';
import { followFeed } from '../feed.ts';
import type { Host, StartHost } from './hosts.ts';
import { Samples } from './samples.ts';
import type { Finding, Scene } from './scenario.ts';

const START_WITHIN_MS = 60_000;

export interface Takeovers {
  readonly what: string;
  readonly goal: string;
  readonly times: number;
  readonly skill: string;
  readonly startHost: StartHost;
}

interface Start {
  readonly agentId: string;
  readonly at: number;
}

/** Knows who started which task last. */
class Starts {
  readonly #last = new Map<string, Start>();
  #onStart: () => void = () => undefined;

  take(json: string): void {
    if (!json.includes('"to":"running"')) return;
    const { payload } = JSON.parse(json) as TaskChangedV1;
    for (const { task_id, agent_id, from, to } of payload.changes) {
      if (agent_id === undefined || from === 'running' || to !== 'running') continue;
      this.#last.set(task_id, { agentId: agent_id, at: performance.now() });
      this.#onStart();
    }
  }

  /** When somebody else than `not` has started the task. */
  async start(taskId: string, not: string): Promise<Start> {
    const { promise, resolve } = Promise.withResolvers<Start>();
    this.#onStart = () => {
      const start = this.#last.get(taskId);
      if (start !== undefined && start.agentId !== not) resolve(start);
    };
    this.#onStart();
    return within(START_WITHIN_MS, `${taskId} to be started by another agent than ${not || 'none'}`, promise);
  }
}

/** Two agents stand ready each time: one has the task and is killed, the other must get it. */
export async function measureTakeovers(
  scene: Scene,
  { what, goal, times, skill, startHost }: Takeovers,
): Promise<Finding> {
  const { client, broker } = scene;
  const samples = new Samples();
  const starts = new Starts();
  const feed = followFeed(broker, streamKeys(0).tasksActive, '$', (json) => starts.take(json));
  const hosts: Host[] = [];
  try {
    for (let round = 0; round < times; round += 1) {
      while (hosts.length < 2) hosts.push(await startHost());
      const spec = { title: `takeover ${round}`, required_skills: [skill], timeout: 600 };
      const { task_id } = await client.submitTask(spec);
      const first = await starts.start(task_id, '');
      const victim = hosts.find(({ agentId }) => agentId === first.agentId);
      if (victim === undefined) throw new Error(`${task_id} went to ${first.agentId}, which is not ours`);
      const killedAt = performance.now();
      victim.kill9();
      const second = await Promise.race([starts.start(task_id, first.agentId), feed.broken]);
      samples.add(second.at - killedAt);
      hosts.splice(hosts.indexOf(victim), 1);
      await client.cancelTask(task_id);
    }
  } finally {
    await Promise.all(hosts.map((host) => host.end()));
    await feed.stop();
  }
  return { what, goal, samples, notes: { includes: 'up to 50 ms by which an agent reports a start later' } };
}
