import { basename, dirname, join } from 'node:path';
import {
  BROKER_PROGRAMS,
  type BrokerServer,
  canInstallWithApt,
  DEFAULT_BROKER_IMAGE,
  findOnPath,
  installWithApt,
} from '@nova-torch/cli/own-broker';

/** What a test's broker runs on: a program of this machine, or the image of NOVA_BROKER_IMAGE in a container. */
export type BrokerChoice =
  | { kind: 'process'; server: BrokerServer; program: string }
  | { kind: 'docker'; image: string };

const REMEDY =
  'install it (Debian and Ubuntu: apt-get install redis-server), ' +
  'or name another broker with NOVA_TEST_BROKER=redis|valkey|dragonfly|docker';

/** The server a name stands for: its own, that of its program, or a path to the program. */
export function serverNamed(name: string): BrokerServer | undefined {
  const servers = Object.keys(BROKER_PROGRAMS) as BrokerServer[];
  return servers.find((server) => server === name || BROKER_PROGRAMS[server] === basename(name));
}

/** The program of a server: where the name says if that is a path, else on PATH. Undefined if it is not there. */
export function programOf(server: BrokerServer, name: string, env: NodeJS.ProcessEnv): string | undefined {
  return findOnPath(BROKER_PROGRAMS[server], name.includes('/') ? { PATH: dirname(name) } : env);
}

/**
 * The broker that tests run on: `name`, or what NOVA_TEST_BROKER says, or redis. Throws, with what to install, when it
 * is not here; another one is never taken instead.
 */
export function chooseBroker(name = process.env.NOVA_TEST_BROKER || 'redis'): BrokerChoice {
  if (name === 'docker')
    return { kind: 'docker', image: process.env.NOVA_BROKER_IMAGE || DEFAULT_BROKER_IMAGE };
  const server = serverNamed(name);
  if (!server) throw new Error(`NOVA_TEST_BROKER=${name}: say redis, valkey, dragonfly or docker`);
  const program = programOf(server, name, process.env);
  if (!program) throw new Error(`${BROKER_PROGRAMS[server]} is not on PATH: ${REMEDY}`);
  return { kind: 'process', server, program };
}

/**
 * `chooseBroker`, before a whole test run: where none is named and redis-server is missing, it is installed with
 * apt-get (Debian and Ubuntu, as root), which `log` hears about.
 */
export async function prepareTestBroker(log: (line: string) => void): Promise<BrokerChoice> {
  const isMissing = !process.env.NOVA_TEST_BROKER && !findOnPath(BROKER_PROGRAMS.redis, process.env);
  if (isMissing && canInstallWithApt(process.env)) {
    const problem = await installWithApt(process.env, log);
    if (problem) throw new Error(`${problem}\nredis-server is needed for the tests: ${REMEDY}`);
  }
  return chooseBroker();
}

const KEPT_FROM_HOST = /^(PATH|HOME|TMPDIR|LANG|LC_.*|TZ|USER|LOGNAME|SHELL|TERM)$/;

/** Where the processes that tests start find their code compiled: most of their time went into compiling it. */
const COMPILED = join(import.meta.dirname, '../../../node_modules/.cache/compiled');

/** What a started service sees of this process' environment: nothing of ours that a test did not mean. */
export function hostEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && KEPT_FROM_HOST.test(name) ? [[name, value] as const] : [],
  );
  return { ...Object.fromEntries(kept), NODE_COMPILE_CACHE: COMPILED };
}

/** What a started command sees of it: where programs are, and compiled code; nothing else. */
export function bareEnvironment(): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = hostEnvironment();
  return { PATH, NODE_COMPILE_CACHE };
}
