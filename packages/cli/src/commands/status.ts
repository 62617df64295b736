import { NovaApiError, type PlatformHealth } from '@nova-torch/client';
import type { UnservedDemand } from '@nova-torch/protocol';
import type { Command } from 'commander';
import { type CommandContext, openClient } from '../context.ts';
import { duration, tableLines } from '../output.ts';
import { autonomyLine } from './autonomy-line.ts';

type Flow = PlatformHealth['instances'][number]['flow'];

/** Limits, breakers, shedding and connections of one instance, a row each. */
function flowRows(instance: string, flow: Flow): string[][] {
  if (flow === undefined) return [];
  const limits = flow.limits.map(({ name, used, max, refused = 0 }) => [
    instance,
    `limit ${name}`,
    `${used} of ${max}${refused > 0 ? `, ${refused} refused` : ''}`,
  ]);
  const breakers = Object.entries(flow.breakers).map(([name, state]) => [instance, `breaker ${name}`, state]);
  const shedding = flow.shedding.length > 0 ? [[instance, 'shedding', flow.shedding.join(', ')]] : [];
  const connections = Object.entries(flow.connections).map(([purpose, count]) => `${purpose} ${count}`);
  return [...shedding, ...breakers, ...limits, [instance, 'connections', connections.join(', ')]];
}

/** Tasks nobody alive can do, a row for what they demand. */
function unservedRows(unserved: readonly UnservedDemand[], nowMs: number): string[][] {
  return unserved.map(({ role = 'any', skills, tasks, oldest_ready_at_ms: readyMs, state, ...search }) => [
    role,
    skills.join(', ') || 'any',
    String(tasks),
    readyMs === undefined ? '' : duration(Math.max(0, nowMs - readyMs)),
    `${state}${search.template === undefined ? '' : ` ${search.template}`}`,
    `${search.attempts} asked${search.reason === undefined ? '' : `: ${search.reason}`}`,
  ]);
}

/** What a gateway says when it is well and those behind it are not. */
const SILENT: ReadonlySet<string> = new Set(['NO_ANSWER', 'BROKER_UNAVAILABLE']);

/** Undefined for an answer that did not come in time; throws every other error again. */
function unanswered(error: unknown): undefined {
  if (error instanceof NovaApiError && SILENT.has(error.code)) return undefined;
  throw error;
}

/** `nova-torch status` */
export function addStatusCommand(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('show the services, the agents and what they do')
    .addHelpText('after', '\nExamples:\n  nova-torch status\n  nova-torch status --json')
    .action(async () => {
      const client = await openClient(context);
      // Without an answer of the registry or the task-router there is a status to show all the same.
      const [health, agents, unserved] = await Promise.all([
        client.health(),
        client.listAgents().catch(unanswered),
        client.listUnserved().catch(unanswered),
      ]);
      const services = health.instances.map(({ service, instance, ready, missing, load, log_level }) => [
        service,
        instance,
        ready ? 'ready' : `not ready: ${missing.join(', ')}`,
        [
          ...(log_level === undefined ? [] : [`logging at ${log_level.level}`]),
          ...Object.entries(load).map(([name, value]) => `${name} ${value}`),
        ].join(', '),
      ]);
      const autonomy = autonomyLine(health.instances);
      const held = health.instances.flatMap(({ instance, flow }) => flowRows(instance, flow));
      const rows = (agents ?? []).map((agent) => [
        agent.agent_id,
        agent.role,
        agent.status,
        `${agent.current_tasks.length}/${agent.capacity}`,
        String(agent.performance.tasks_completed),
      ]);
      context
        .output()
        .result({ health, ...(agents && { agents }), ...(unserved && { unserved }) }, () => [
          `Health: ${health.status}${health.missing.length ? ` (missing: ${health.missing.join(', ')})` : ''}`,
          ...(autonomy === undefined ? [] : [autonomy]),
          '',
          ...tableLines(['service', 'instance', 'state', 'load'], services, 'No service reports.'),
          '',
          ...tableLines(['instance', 'flow', 'now'], held, 'Nothing holds the flow back.'),
          '',
          ...tableLines(
            ['missing agent', 'skills', 'tasks', 'oldest', 'search', 'outcome'],
            unservedRows(unserved ?? [], Date.now()),
            unserved === undefined
              ? 'The task-router did not say whether tasks wait for a missing agent.'
              : 'No task waits for a missing agent.',
          ),
          '',
          ...tableLines(
            ['agent', 'role', 'status', 'slots', 'done'],
            rows,
            agents === undefined ? 'The registry did not say which agents there are.' : 'No agent.',
          ),
        ]);
    });
}
