import { NovaApiError, type NovaClient } from '@nova-torch/client';
import { type Finding, ok, problem, warning } from './finding.ts';
import { judgeAgents, judgeDeadLetters, judgeFlow, judgeServices, judgeUnserved } from './judge-gateway.ts';

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * The gateway: answers, accepts the key; services are ready, limits far, agents there, tasks with candidates. Without a
 * ready instance of every service it stops after saying so.
 */
export async function checkGateway(client: NovaClient, apiUrl: string): Promise<Finding[]> {
  const health = await client.health().catch((error: unknown) => error);
  if (health instanceof Error || typeof health !== 'object' || health === null || !('instances' in health)) {
    return [
      problem('gateway', `${apiUrl} does not answer: ${reason(health)}`, 'npm start', 'service-absent'),
    ];
  }
  const known = health as Awaited<ReturnType<NovaClient['health']>>;
  const findings = [ok('gateway', apiUrl), ...judgeServices(known), ...judgeFlow(known.instances)];
  if (known.missing.length > 0) return findings;
  return [...findings, ...(await checkWork(client))];
}

async function checkWork(client: NovaClient): Promise<Finding[]> {
  try {
    const [agents, streams, unserved, waiting] = [
      await client.listAgents(),
      await client.listStreams(),
      await client.listUnserved(),
      await waitingTasks(client),
    ];
    const served = waiting.length - unserved.reduce((sum, { tasks }) => sum + tasks, 0);
    return [
      judgeAgents(agents),
      ...judgeDeadLetters(streams),
      ...judgeUnserved(unserved, Date.now()),
      ...(served > 0
        ? [
            warning(
              'tasks',
              `${served} of the newest tasks wait for a free agent; the newest of all that wait: ${waiting[0]}`,
              'nova-torch task get <task> says for what each waits.',
              'assignment-budget-burn',
            ),
          ]
        : []),
    ];
  } catch (error) {
    return [noAnswer(error)];
  }
}

function noAnswer(error: unknown): Finding {
  if (error instanceof NovaApiError && (error.status === 401 || error.status === 403))
    return problem(
      'key',
      reason(error),
      'Use the key of this installation: NOVA_HOME/admin.key, --key or NOVA_API_KEY.',
    );
  return problem('answers', reason(error), 'nova-torch status', 'queue-stale');
}

const LOOKED_AT_MAX = 50;

/** The newest tasks that are ready, at most {@link LOOKED_AT_MAX}. */
async function waitingTasks(client: NovaClient): Promise<string[]> {
  const waiting: string[] = [];
  for await (const task of client.listTasks({ status: 'ready' })) {
    waiting.push(`${task.task_id} (${task.title})`);
    if (waiting.length === LOOKED_AT_MAX) break;
  }
  return waiting;
}
