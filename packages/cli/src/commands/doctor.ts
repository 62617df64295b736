import { NovaClient } from '@nova-torch/client';
import type { Command } from 'commander';
import { type CommandContext, findGateway } from '../context.ts';
import { type Finding, ok, problem } from '../doctor/finding.ts';
import { checkGateway } from '../doctor/gateway.ts';
import { checkBrokerPrograms, checkDisk, checkHome, checkNode } from '../doctor/machine.ts';
import { CliError } from '../exit-codes.ts';
import { homeOf, localBroker } from '../installation.ts';

const MARK = { ok: 'ok  ', warning: 'warn', problem: 'FAIL' } as const;

const BROKER_NOT_NAMED = ok('broker', 'not looked at: NOVA_BROKER_URL is not set here');

function noGateway({ exit, message, hint = 'npm start' }: CliError): Finding {
  return problem('gateway', message, hint, exit === 'unavailable' ? 'service-absent' : undefined);
}

async function examine(context: CommandContext): Promise<Finding[]> {
  const { env } = context;
  const home = homeOf(env);
  const url = env.NOVA_BROKER_URL || localBroker(home);
  const machine = [checkNode(process.version), checkHome(home), await checkDisk(home)];
  const { checkBroker } = await import('../doctor/broker.ts');
  if (url) machine.push(...(await checkBroker(url)));
  let gateway: Awaited<ReturnType<typeof findGateway>>;
  try {
    gateway = await findGateway(context);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    // Nothing runs here: what matters is whether it could be started.
    return [...machine, ...(url ? [] : [checkBrokerPrograms(env.PATH ?? '')]), noGateway(error)];
  }
  const { apiUrl, key } = gateway;
  const client = new NovaClient({ baseUrl: apiUrl, key });
  return [...machine, ...(url ? [] : [BROKER_NOT_NAMED]), ...(await checkGateway(client, apiUrl))];
}

/** `nova-torch doctor` */
export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('find out what is wrong, and what to type')
    .addHelpText(
      'after',
      '\nIt looks at the broker of NOVA_BROKER_URL, else at that of the local installation. The pages it names say what to do.\n\nExamples:\n  nova-torch doctor\n  NOVA_BROKER_URL=redis://127.0.0.1:6379 nova-torch doctor --json',
    )
    .action(async () => {
      const findings = await examine(context);
      context
        .output()
        .result({ findings }, () =>
          findings.flatMap(({ check, state, detail, fix, runbook }) => [
            `${MARK[state]}  ${check}: ${detail}`,
            ...(fix ? [`      → ${fix}`] : []),
            ...(runbook ? [`      → ${runbook}`] : []),
          ]),
        );
      const bad = findings.filter(({ state }) => state === 'problem');
      if (bad.length > 0)
        throw new CliError('failed', `${bad.length} problem${bad.length > 1 ? 's' : ''} found`);
    });
}
