import { AGENT_STATUSES, AgentRegistration, type AgentStatus } from '@nova-torch/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CommandContext, findGateway, openClient } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { collect, keyValue } from '../option-values.ts';
import { tableLines } from '../output.ts';

const commaList = (value: string): string[] =>
  value
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);

function capacityNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('it must be a whole number above 0.');
  return number;
}

interface RunOptions {
  role: string;
  skills: string[];
  capacity: number;
  name?: string;
  label: Record<string, string>;
  team: string[];
}

async function runAgent(context: CommandContext, options: RunOptions, command: string[]): Promise<void> {
  const { role, skills, capacity, name, label: labels, team: teams } = options;
  const { env } = context;
  const agentId = env.NOVA_AGENT_ID;
  const checked = AgentRegistration.safeParse({
    ...{ role, skills, capacity, name, labels, teams },
    agent_id: agentId,
  });
  if (!checked.success) {
    const problems = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new CliError('usage', problems.join('; '));
  }
  // Imported here: the other commands start faster without it.
  const { gatewayTransport, runCommandAgent, streamsTransport } = await import('@nova-torch/agent-sdk');
  const connect = env.NOVA_BROKER_URL
    ? streamsTransport({ brokerUrl: env.NOVA_BROKER_URL, partition: Number(env.NOVA_PARTITION ?? 0) })
    : gatewayTransport(await findGateway(context).then(({ apiUrl, key }) => ({ apiUrl, adminKey: key })));
  process.exitCode = await runCommandAgent({
    role,
    skills,
    capacity,
    name,
    labels,
    teams,
    agentId,
    command,
    connect,
    environment: env,
    signals: process,
    write: (line) => context.output().raw(line),
  });
}

/** `nova-torch agent list|run` */
export function addAgentCommands(program: Command, context: CommandContext): void {
  const agent = program.command('agent').description('look at agents, or make a command an agent');
  agent
    .command('list')
    .description('list agents')
    .option('--role <role>', 'only of this role')
    .option('--skills <a,b>', 'only with all of these skills', commaList)
    .addOption(new Option('--status <status>', 'only of this status').choices([...AGENT_STATUSES]))
    .addHelpText('after', '\nExample:\n  nova-torch agent list --role developer --skills typescript')
    .action(async (options: { role?: string; skills?: string[]; status?: AgentStatus }) => {
      const agents = await (await openClient(context)).listAgents(options);
      const rows = agents.map((one) => [
        one.agent_id,
        one.role,
        one.skills.map(({ name }) => name).join(','),
        one.status,
        `${one.current_tasks.length}/${one.capacity}`,
        one.host,
      ]);
      context
        .output()
        .result({ agents }, () =>
          tableLines(['agent', 'role', 'skills', 'status', 'slots', 'host'], rows, 'No agent.'),
        );
    });
  agent
    .command('run <command...>')
    .description('make a command an agent: it is run once for each task')
    .requiredOption('-r, --role <role>', 'developer, pm, qa, devops, specialist or any other')
    .option('-s, --skills <a,b>', 'its skills', commaList, [])
    .option('-c, --capacity <n>', 'tasks at the same time', capacityNumber, 1)
    .option('--name <name>', 'a name for people')
    .option('-l, --label <name=value>', 'a label it can be addressed by; may be repeated', keyValue, {})
    .option('-t, --team <team>', 'a team it belongs to; may be repeated', collect, [])
    .addHelpText(
      'after',
      `
The command gets the task as JSON on stdin and in NOVA_TASK_* variables. Lines it prints on stdout such as
  {"type":"progress","percent":40,"step":"parsing"}
  {"type":"result","result":{"files":12}}
are taken as progress and result, all others as log. Exit code 0 means done; any other fails the attempt with
the end of stderr as its message (65: do not try again).

Examples:
  nova-torch agent run --role developer --skills python -- python3 solve.py
  nova-torch agent run --role developer --skills code -- claude -p "Do the task on stdin"`,
    )
    .action((command: string[], options: RunOptions) => runAgent(context, options, command));
}
