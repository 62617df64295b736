// The brokers of our own that this machine can offer, in the order in which they are tried.
import { join } from 'node:path';
import { canInstallWithApt, installWithApt } from './apt-install.ts';
import {
  BROKER_PROGRAMS,
  type BrokerServer,
  brokerArguments,
  passwordEnv,
  passwordInput,
} from './broker-arguments.ts';
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts';
import {
  containerName,
  DEFAULT_BROKER_IMAGE,
  dockerEngineVersion,
  dockerRunArguments,
  pullImage,
  removeContainer,
  serverOfImage,
} from './docker-broker.ts';
import { findOnPath } from './find-on-path.ts';

export interface ChoiceContext {
  /** Where the brokers of this installation keep their data, a directory per kind. */
  brokerDir: string;
  password: string;
  env: NodeJS.ProcessEnv;
  log(line: string): void;
}

export interface Offer {
  /** For a person: `redis-server on PATH`. */
  what: string;
  dir: string;
  start(port?: number): Promise<BrokerProcess>;
}

/** Resolves with an offer, or with why there is none. */
export type BrokerChoice = (context: ChoiceContext) => Promise<Offer | { none: string }>;

function programOffer(server: BrokerServer, program: string, context: ChoiceContext): Offer {
  const { env, password } = context;
  const dir = join(context.brokerDir, server);
  return {
    what: program,
    dir,
    start: (port) =>
      startBrokerProcess({
        command: program,
        args: (chosen) =>
          brokerArguments({
            server,
            persistence: 'everysec',
            dir,
            host: '127.0.0.1',
            port: chosen,
            hasPassword: true,
          }),
        dir,
        lastSignal: 'term',
        port,
        password,
        input: passwordInput(server, password),
        env: { ...env, ...passwordEnv(server, password) },
      }),
  };
}

function onPath(server: BrokerServer): BrokerChoice {
  const name = BROKER_PROGRAMS[server];
  return async (context) => {
    const program = findOnPath(name, context.env);
    return program ? programOffer(server, program, context) : { none: `no ${name} on PATH` };
  };
}

/** A Docker client without an engine is no offer; neither is an image that cannot be fetched. */
async function inDocker(context: ChoiceContext): Promise<Offer | { none: string }> {
  const { env, log, password } = context;
  if (!findOnPath('docker', env)) return { none: 'no docker on PATH' };
  const engine = await dockerEngineVersion(env);
  if (engine === undefined) return { none: 'docker is on PATH, but no engine answers' };
  const image = env.NOVA_BROKER_IMAGE || DEFAULT_BROKER_IMAGE;
  const problem = await pullImage(image, env, log);
  if (problem) {
    log(`Docker cannot fetch ${image} (${problem}): trying the next choice`);
    return { none: `Docker cannot fetch ${image}` };
  }
  const server = serverOfImage(image);
  const dir = join(context.brokerDir, `docker-${server}`);
  return {
    what: `Docker ${engine}, image ${image}`,
    dir,
    async start(port) {
      await removeContainer(containerName(dir), env);
      return startBrokerProcess({
        command: 'docker',
        args: (chosen) => dockerRunArguments({ image, dir, hasPassword: true }, chosen),
        dir,
        lastSignal: 'term',
        port,
        password,
        input: passwordInput(server, password),
        env: { ...env, ...passwordEnv(server, password) },
      });
    },
  };
}

async function installed(context: ChoiceContext): Promise<Offer | { none: string }> {
  const { env, log } = context;
  if (!canInstallWithApt(env)) return { none: 'apt-get cannot be used (not Debian or Ubuntu, or not root)' };
  const problem = await installWithApt(env, log);
  const program = findOnPath(BROKER_PROGRAMS.redis, env);
  return program && !problem
    ? programOffer('redis', program, context)
    : { none: problem ?? 'no redis-server' };
}

/** The order: what is fastest and meant for production first, what changes the machine last. */
export const BROKER_CHOICES: readonly BrokerChoice[] = [
  onPath('dragonfly'),
  inDocker,
  onPath('valkey'),
  onPath('redis'),
  installed,
];
