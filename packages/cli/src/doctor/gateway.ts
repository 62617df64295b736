import { NovaApiError, type NovaClient } from '@nova-torch/client';
import { type Finding, ok, problem, warning } from './finding.ts';

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The gateway: answers, accepts the key, every service ready, agents there. Stops at the first thing that is not well. */
export async function checkGateway(client: NovaClient, apiUrl: string): Promise<Finding[]> {
  const health = await client.health().catch((error: unknown) => error);
  if (health instanceof Error || typeof health !== 'object' || health === null || !('instances' in health)) {
    return [problem('gateway', `${apiUrl} does not answer: ${reason(health)}`, 'npm start')];
  }
  const known = health as Awaited<ReturnType<NovaClient['health']>>;
  const findings = [ok('gateway', apiUrl)];
  const notReady = known.instances
    .filter(({ ready }) => !ready)
    .map(({ instance, missing }) => `${instance} misses ${missing.join(', ')}`);
  if (known.missing.length > 0) {
    findings.push(
      problem(
        'services',
        `no ready instance of ${known.missing.join(', ')}${notReady.length ? ` (${notReady.join('; ')})` : ''}`,
        'Look into the logs below NOVA_HOME/logs, or start the missing service.',
      ),
    );
    return findings;
  }
  findings.push(ok('services', `${known.instances.length} instances are ready`));
  try {
    const { agents, waiting } = await fleet(client);
    findings.push(
      agents === 0
        ? warning('agents', 'none is alive', 'nova-torch agent run --role developer --skills code -- CMD…')
        : ok('agents', `${agents} alive`),
    );
    if (waiting.length > 0)
      findings.push(
        warning(
          'tasks',
          `${waiting.length} of the newest tasks wait: ${waiting[0]}`,
          'nova-torch task get <task> says for what each waits.',
        ),
      );
  } catch (error) {
    const refused = error instanceof NovaApiError && (error.status === 401 || error.status === 403);
    findings.push(
      problem(
        'key',
        reason(error),
        refused
          ? 'Use the key of this installation: NOVA_HOME/admin.key, --key or NOVA_API_KEY.'
          : 'nova-torch status',
      ),
    );
  }
  return findings;
}

const LOOKED_AT_MAX = 50;

async function fleet(client: NovaClient): Promise<{ agents: number; waiting: string[] }> {
  const agents = (await client.listAgents()).filter(
    ({ status }) => status !== 'failed' && status !== 'offline',
  );
  const waiting: string[] = [];
  for await (const task of client.listTasks({ status: 'ready' })) {
    waiting.push(`${task.task_id} (${task.title})`);
    if (waiting.length === LOOKED_AT_MAX) break;
  }
  return { agents: agents.length, waiting };
}
