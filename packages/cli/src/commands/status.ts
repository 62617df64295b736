import type { Command } from 'commander';
import { type CommandContext, openClient } from '../context.ts';
import { tableLines } from '../output.ts';

/** `nova-torch status` */
export function addStatusCommand(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('show the services, the agents and what they do')
    .addHelpText('after', '\nExamples:\n  nova-torch status\n  nova-torch status --json')
    .action(async () => {
      const client = await openClient(context);
      const health = await client.health();
      const agents = await client.listAgents();
      const services = health.instances.map(({ service, instance, ready, missing, load }) => [
        service,
        instance,
        ready ? 'ready' : `not ready: ${missing.join(', ')}`,
        Object.entries(load)
          .map(([name, value]) => `${name} ${value}`)
          .join(', '),
      ]);
      const rows = agents.map((agent) => [
        agent.agent_id,
        agent.role,
        agent.status,
        `${agent.current_tasks.length}/${agent.capacity}`,
        String(agent.performance.tasks_completed),
      ]);
      context
        .output()
        .result({ health, agents }, () => [
          `Health: ${health.status}${health.missing.length ? ` (missing: ${health.missing.join(', ')})` : ''}`,
          '',
          ...tableLines(['service', 'instance', 'state', 'load'], services, 'No service reports.'),
          '',
          ...tableLines(['agent', 'role', 'status', 'slots', 'done'], rows, 'No agent.'),
        ]);
    });
}
