import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort, startTestBroker } from '@nova-torch/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askBroker } from '../../src/up/broker/ask-broker.ts';
import { brokerPassword, noteRunning } from '../../src/up/broker/broker-home.ts';
import { startBrokerProcess } from '../../src/up/broker/broker-process.ts';
import { type FoundBroker, findBroker } from '../../src/up/broker/find-broker.ts';
import { findOnPath } from '../../src/up/broker/find-on-path.ts';
import { isPortFree } from '../../src/up/free-port.ts';

const redisServer = findOnPath('redis-server', process.env) ?? '';

/** Programs of this machine under the names the finder looks for: real servers, so that what is found also works. */
const programs = {
  'redis-server': `exec ${redisServer} "$@"`,
  'valkey-server': `exec ${redisServer} "$@"`,
  dragonfly: `
    for arg; do case $arg in --port=*) port=\${arg#*=};; --dir=*) dir=\${arg#*=};; esac; done
    exec ${redisServer} --port "$port" --dir "$dir" --bind 127.0.0.1 --save '' --requirepass "$DFLY_requirepass"`,
  docker: `
    case $1 in
      version) echo 26.1.5 ;;
      run)
        while [ $# -gt 0 ]; do case $1 in --publish) port=\${2#127.0.0.1:}; port=\${port%:6379} ;; esac; shift; done
        exec ${redisServer} - --port "$port" --bind 127.0.0.1 --dir "$FAKE_DATA" --save '' ;;
    esac`,
  'apt-get': `
    echo "$@" >>"$FAKE_LOG"
    case " $* " in *" install "*) printf '#!/bin/sh\\nexec ${redisServer} "$@"\\n' >"$FAKE_BIN/redis-server" && /bin/chmod +x "$FAKE_BIN/redis-server" ;; esac`,
};

let home: string;
let bin: string;
let log: string[];
let crashes: string[];
const found: FoundBroker[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'nova-torch-home-'));
  bin = join(home, 'bin');
  mkdirSync(bin);
  log = [];
  crashes = [];
});

afterEach(async () => {
  for (const broker of found.splice(0)) await broker.stop();
  rmSync(home, { recursive: true, force: true });
});

function put(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

async function find(env: NodeJS.ProcessEnv = {}): Promise<FoundBroker> {
  const broker = await findBroker({
    home,
    env: { PATH: bin, ...env },
    log: (line) => log.push(line),
    onCrash: (reason) => crashes.push(reason),
  });
  found.push(broker);
  return broker;
}

/** A busy machine answers late. */
function askPort(port: number, command: readonly string[], password?: string): Promise<unknown> {
  return askBroker(port, command, { password, timeoutMs: 10_000 });
}

function ask(broker: FoundBroker, ...command: string[]): Promise<unknown> {
  const { port, password } = new URL(broker.url);
  return askPort(Number(port), command, password || undefined);
}

test('the choices are tried in their order', async () => {
  const names = ['redis-server', 'valkey-server', 'dragonfly'] as const;
  for (const name of names) {
    put(name, programs[name]);
    const broker = await find();
    expect(broker.describe).toContain(`(${join(bin, name)})`);
    await broker.stop();
  }
});

test('an engine that answers comes before valkey and redis, with the image of NOVA_BROKER_IMAGE', async () => {
  put('valkey-server', programs['valkey-server']);
  put('docker', programs.docker);
  const data = join(home, 'container');
  mkdirSync(data);
  const broker = await find({ FAKE_DATA: data, NOVA_BROKER_IMAGE: 'registry.test/redis:7' });
  expect(broker.describe).toContain('(Docker 26.1.5, image registry.test/redis:7)');
  await broker.stop();
  expect(await isPortFree(Number(new URL(broker.url).port))).toBe(true);
});

test('a docker without an engine, or one whose engine does not answer, is passed over', async () => {
  put('redis-server', programs['redis-server']);
  for (const script of ['echo "Cannot connect to the Docker daemon" >&2; exit 1', 'exec /bin/sleep 30']) {
    put('docker', script);
    const startedAt = performance.now();
    const broker = await find();
    expect(broker.describe).toContain('redis-server');
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await broker.stop();
  }
});

test('an image that cannot be fetched is said, and the next choice taken', async () => {
  put('redis-server', programs['redis-server']);
  put('docker', 'case $1 in version) echo 26.1.5 ;; *) echo "manifest unknown" >&2; exit 1 ;; esac');
  const broker = await find();
  expect(broker.kind).toBe('redis');
  expect(log).toContain(
    'Docker cannot fetch docker.dragonflydb.io/dragonflydb/dragonfly:v2.1.0 (manifest unknown): trying the next choice',
  );
});

test('a program that does not come up is said, and the next choice taken', async () => {
  put('valkey-server', 'echo "no such option" >&2; exit 3');
  put('redis-server', programs['redis-server']);
  const broker = await find();
  expect(broker.describe).toContain('redis-server');
  expect(log.join()).toMatch(/valkey-server does not work here: .*no such option/s);
});

test.skipIf(process.getuid?.() !== 0)(
  'as root on Debian the distribution package is installed last',
  async () => {
    put('apt-get', programs['apt-get']);
    const aptLog = join(home, 'apt.log');
    const broker = await find({ FAKE_BIN: bin, FAKE_LOG: aptLog });
    expect(broker.describe).toContain('redis-server');
    expect(readFileSync(aptLog, 'utf8')).toContain('install -y --no-install-recommends redis-server');
    expect(log[0]).toContain('installing redis-server with apt-get');
  },
);

test.skipIf(process.getuid?.() !== 0)(
  'an apt-get that fails twice, lists updated between, ends in the error',
  async () => {
    put('apt-get', 'echo "$@" >>"$FAKE_LOG"; echo "Unable to locate package" >&2; exit 100');
    const aptLog = join(home, 'apt.log');
    await expect(find({ FAKE_LOG: aptLog })).rejects.toThrow(/Unable to locate package/);
    const verbs = readFileSync(aptLog, 'utf8').match(/install -y|update$/gm);
    expect(verbs).toEqual(['install -y', 'update', 'install -y']);
  },
);

test('without any choice one error names them and says what to type', async () => {
  const error = await find().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    name: 'BrokerChoiceError',
    message: expect.stringMatching(
      /no dragonfly on PATH; no docker on PATH; no valkey-server .*; no redis-server/,
    ),
    hint: expect.stringMatching(/apt-get install redis-server[\s\S]*NOVA_BROKER_URL=redis:/),
  });
});

test('a broker of our own is closed to others and keeps its data over a planned restart', async () => {
  put('redis-server', programs['redis-server']);
  const first = await find();
  expect(first).toMatchObject({ kind: 'redis', owned: true });
  expect(first.describe).not.toContain(new URL(first.url).password);
  await expect(askPort(Number(new URL(first.url).port), ['PING'])).rejects.toThrow(/NOAUTH/);
  expect(statSync(join(home, 'broker', 'password')).mode & 0o077).toBe(0);
  expect(readFileSync(`/proc/${first.pid}/cmdline`, 'utf8')).not.toContain(new URL(first.url).password);
  await ask(first, 'SET', 'fruit', 'quince');
  await first.stop();
  await first.stop();
  expect(await isPortFree(Number(new URL(first.url).port))).toBe(true);
  const second = await find();
  expect(await ask(second, 'GET', 'fruit')).toBe('quince');
  expect(crashes).toEqual([]);
});

test('a crash is reported and the broker comes back with its data, on its port', async () => {
  put('redis-server', programs['redis-server']);
  const broker = await find();
  const { pid } = broker;
  await ask(broker, 'SET', 'fruit', 'medlar');
  process.kill(pid ?? 0, 'SIGKILL');
  expect(await eventually(() => ask(broker, 'GET', 'fruit'), { timeoutMs: 10_000 })).toBe('medlar');
  expect(crashes).toEqual(['ended by SIGKILL']);
  await eventually(() => log.includes('the broker is running again, with its data'));
  expect(broker.pid).not.toBe(pid);
});

test('stop while it is being started again leaves nothing behind', async () => {
  put('redis-server', programs['redis-server']);
  const broker = await find();
  put('redis-server', 'exit 1');
  process.kill(broker.pid ?? 0, 'SIGKILL');
  await eventually(() => crashes.some((reason) => reason.startsWith('could not be started again')));
  await broker.stop();
  const seen = crashes.length;
  expect(await isPortFree(Number(new URL(broker.url).port))).toBe(true);
  expect(crashes).toHaveLength(seen);
  expect(existsSync(join(home, 'broker', 'running.json'))).toBe(false);
});

test('a broker that a killed installation left running is ended before another one opens its data', async () => {
  put('redis-server', programs['redis-server']);
  await (await find()).stop();
  const brokerDir = join(home, 'broker');
  const password = brokerPassword(brokerDir);
  const dir = join(brokerDir, 'redis');
  const left = await startBrokerProcess({
    command: join(bin, 'redis-server'),
    args: (port) => ['--port', String(port), '--dir', dir, '--appendonly', 'yes', '--requirepass', password],
    dir,
    password,
    lastSignal: 'kill',
  });
  noteRunning(brokerDir, left.port);
  await askPort(left.port, ['SET', 'fruit', 'sloe'], password);
  const next = await find();
  expect(await left.ended).toBe('ended with code 0');
  expect(await ask(next, 'GET', 'fruit')).toBe('sloe');
});

test('it ends, its data saved, when the process that started it is ended by SIGKILL', async () => {
  put('redis-server', programs['redis-server']);
  const script = `
    const { findBroker } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/up/broker/find-broker.ts'))});
    const broker = await findBroker({ home: process.argv[1], env: process.env, log() {}, onCrash() {} });
    process.stdout.write(JSON.stringify({ url: broker.url }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', script, home], {
    env: { ...process.env, PATH: bin },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const { url } = await eventually(() => JSON.parse(printed) as { url: string }, { timeoutMs: 20_000 });
  const { port, password } = new URL(url);
  await askPort(Number(port), ['SET', 'fruit', 'rowan'], password);
  child.kill('SIGKILL');
  await eventually(() => isPortFree(Number(port)), {
    what: 'the end of the orphaned broker',
    timeoutMs: 20_000,
  });
  expect(await ask(await find(), 'GET', 'fruit')).toBe('rowan');
});

test('NOVA_BROKER_URL comes first, and its broker is not ours to stop', async () => {
  put('redis-server', programs['redis-server']);
  const theirs = await startTestBroker();
  const broker = await find({ NOVA_BROKER_URL: theirs.url });
  expect(broker).toMatchObject({ url: theirs.url, owned: false, pid: undefined });
  expect(broker.describe).toContain('NOVA_BROKER_URL');
  await broker.stop();
  expect(await askPort(theirs.port, ['PING'])).toBe('PONG');
  await askPort(theirs.port, ['CONFIG', 'SET', 'requirepass', 'secret']);
  const wrong = `redis://:wrong@127.0.0.1:${theirs.port}`;
  await expect(find({ NOVA_BROKER_URL: wrong })).rejects.toThrow(/cannot be used: .*password/i);
  await theirs.stop();
});

test('a server that lacks what the services rely on is refused, by the name of the check', async () => {
  const theirs = await startTestBroker();
  await askPort(theirs.port, ['ACL', 'SETUSER', 'default', '-xautoclaim']);
  await expect(find({ NOVA_BROKER_URL: theirs.url })).rejects.toThrow(
    /cannot be used: .*check '[a-z-]+'[^\n]*$/,
  );
  await theirs.stop();
});

test('what is wrong with NOVA_BROKER_URL is said in one line', async () => {
  const port = await freePort();
  await expect(find({ NOVA_BROKER_URL: 'localhost' })).rejects.toThrow(/^NOVA_BROKER_URL is not an address$/);
  await expect(find({ NOVA_BROKER_URL: 'http://localhost' })).rejects.toThrow(
    /begins with http:\/\/localhost/,
  );
  await expect(find({ NOVA_BROKER_URL: `redis://127.0.0.1:${port}` })).rejects.toThrow(
    /cannot be used: [^\n]*$/,
  );
});
