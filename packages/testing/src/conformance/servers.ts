// Which servers the conformance suite is run on: what is installed here, what NOVA_TEST_BROKERS names, or what is asked
// for. One that is not here is reported as not tested, never as passed.
import { BROKER_PROGRAMS } from '@nova-torch/cli/own-broker';
import { type ConformanceReport, checkConformance } from '@nova-torch/streams/conformance';
import { programOf, serverNamed } from '../env.ts';
import { startTestBroker } from '../test-broker.ts';

export type ServerChoice =
  /** A program, or the image of `docker`, started for the suite and ended after it. */
  | { readonly kind: 'own'; readonly name: string }
  /** One that runs already, whose keys are not ours to remove. */
  | { readonly kind: 'url'; readonly url: string };

export type ServerResult =
  | { readonly kind: 'tested'; readonly name: string; readonly report: ConformanceReport }
  | { readonly kind: 'not_tested'; readonly name: string; readonly why: string };

/**
 * Reads a list like `redis, /opt/dragonfly/dragonfly, redis://10.0.0.7:6379`: servers, their programs, paths to those,
 * or URLs.
 */
export function parseServers(list: string): ServerChoice[] {
  const words = list.split(',').map((word) => word.trim());
  return words
    .filter((word) => word !== '')
    .map((word) => {
      if (word.includes('://')) return { kind: 'url', url: word };
      return { kind: 'own', name: word.includes('/') ? word : (serverNamed(word) ?? word) };
    });
}

/** Every server there could be: redis, valkey and dragonfly, and what NOVA_TEST_BROKERS names beside them. */
export function knownServers(env: NodeJS.ProcessEnv): ServerChoice[] {
  const programs = Object.keys(BROKER_PROGRAMS).map((name) => ({ kind: 'own', name }) as const);
  const named = parseServers(env.NOVA_TEST_BROKERS ?? '');
  const isProgram = (choice: ServerChoice): boolean =>
    choice.kind === 'own' && programs.some(({ name }) => name === choice.name);
  return [...programs, ...named.filter((choice) => !isProgram(choice))];
}

/** Runs the suite on one server. Never rejects: a server that cannot be had is not tested. */
export async function testServer(choice: ServerChoice, env: NodeJS.ProcessEnv): Promise<ServerResult> {
  const name = choice.kind === 'url' ? addressOf(choice.url) : choice.name;
  try {
    if (choice.kind === 'url') {
      return { kind: 'tested', name, report: await checkConformance({ url: choice.url }) };
    }
    const server = serverNamed(choice.name);
    if (server === undefined && choice.name !== 'docker') {
      return { kind: 'not_tested', name, why: 'no server of that name is known' };
    }
    if (server !== undefined && programOf(server, choice.name, env) === undefined) {
      const where = choice.name.includes('/') ? 'there' : 'on PATH';
      return { kind: 'not_tested', name, why: `${BROKER_PROGRAMS[server]} is not ${where}` };
    }
    const broker = await startTestBroker({ broker: choice.name });
    try {
      const report = await checkConformance({ url: broker.url, mayWipe: true });
      return { kind: 'tested', name, report };
    } finally {
      await broker.stop();
    }
  } catch (error) {
    return { kind: 'not_tested', name, why: error instanceof Error ? error.message : String(error) };
  }
}

function addressOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an unreadable URL';
}
