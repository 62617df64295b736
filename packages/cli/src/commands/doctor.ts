import { NovaClient } from '@nova-torch/client';
import type { Command } from 'commander';
import { type CommandContext, findGateway } from '../context.ts';
import { type Finding, problem } from '../doctor/finding.ts';
import { checkGateway } from '../doctor/gateway.ts';
import { checkBrokerPrograms, checkDisk, checkHome, checkNode } from '../doctor/machine.ts';
import { CliError } from '../exit-codes.ts';
import { homeOf, localBroker } from '../installation.ts';

const MARK = { ok: 'ok  ', warning: 'warn', problem: 'FAIL' } as const;

function noGateway({ exit, message, hint = 'npm start' }: CliError): Finding {
  return problem('gateway', message, hint, exit === 'unavailable' ? 'service-absent' : undefined);
}

async function examine(context: CommandContext): Promise<Finding[]> {
  const { env } = context;
  const home = homeOf(env);
  const url = env.NOVA_BROKER_URL || localBroker(home);
  const machine = [checkNode(process.version), checkHome(home), await checkDisk(home)];
  const { checkBroker } = await import('../doctor/broker.ts');
  const broker = url ? await checkBroker(url) : [checkBrokerPrograms(env.PATH ?? '')];
  const gateway = await findGateway(context).then(
    ({ apiUrl, key }) => checkGateway(new NovaClient({ baseUrl: apiUrl, key }), apiUrl),
    (error: CliError) => [noGateway(error)],
  );
  return [...machine, ...broker, ...gateway];
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
