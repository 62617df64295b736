// The whole preparation on a small repository of its own, with an npm and a pnpm that only note that they were called.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@nova-torch/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodePackage } from './programs.mjs';

const scripts = join(import.meta.dirname, '..');
const calls = () => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n').filter(Boolean);
const running = new Set();

let root;
let bin;

const pnpm = `#!/bin/sh
if [ "$1" = --version ]; then echo 12.21.0; exit; fi
echo "pnpm $1" >>"$ROOT/calls"
if [ -n "$PNPM_FAILS" ]; then echo "$PNPM_FAILS" >&2; exit 1; fi
if [ "$1" = install ]; then /bin/mkdir -p "$ROOT/node_modules" "$ROOT/packages/cli/node_modules"; else echo "ran $*"; fi
`;

const npm = `#!/bin/sh
echo npm >>"$ROOT/calls"
if [ -n "$NPM_HANGS" ]; then /bin/mkdir -p "$3/node_modules/half"; while [ -d "$3" ]; do /bin/sleep 0.1; done; exit 1; fi
if [ -n "$NPM_FAILS" ]; then echo "$NPM_FAILS" >&2; echo "npm error     at Object.stack" >&2; exit 1; fi
node=$3/node_modules/${nodePackage(process.platform, process.arch)}/bin
pnpm=$3/node_modules/@pnpm/exe.${process.platform}-${process.arch}
/bin/mkdir -p "$node" "$pnpm"
/bin/cp "$ROOT/programs/node" "$node/node"
/bin/cp "$ROOT/programs/pnpm" "$pnpm/pnpm"
`;

const node = `#!/bin/sh
if [ "$1" = --version ]; then echo v24.21.0; exit; fi
exec ${process.execPath} "$@"
`;

function put(path, text, mode = 0o644) {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
  chmodSync(join(root, path), mode);
}

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'nova-torch-toolchain-')));
  bin = join(root, 'bin');
  cpSync(scripts, join(root, 'scripts'), { recursive: true });
  put('calls', '');
  put('programs/node', node, 0o755);
  put('programs/pnpm', pnpm, 0o755);
  put('bin/npm', npm, 0o755);
  put('package.json', '{ "type": "module" }');
  put('pnpm-workspace.yaml', 'packages:\n  - packages/*\n');
  put('pnpm-lock.yaml', 'lockfileVersion: 9\n');
  put('packages/cli/package.json', '{ "type": "module", "dependencies": { "zod": "*" } }');
  put('packages/cli/src/main.ts', 'process.stdout.write(JSON.stringify(process.argv.slice(2)));\n');
});

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

function start(args, env = {}) {
  const child = spawn(process.execPath, [join(root, 'scripts', 'with-toolchain.mjs'), ...args], {
    env: { PATH: bin, ROOT: root, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const result = { child, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    result.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    result.stderr += chunk;
  });
  result.ended = new Promise((resolve) => {
    child.once('close', (code) => {
      running.delete(child);
      resolve({ code, stdout: result.stdout, stderr: result.stderr });
    });
  });
  return result;
}

const run = (args, env) => start(args, env).ended;

test('fetches and installs what is missing once, and then only runs the command', async () => {
  const cold = await run(['pnpm', 'verify', '--once']);
  expect(cold).toMatchObject({ code: 0, stdout: 'ran verify --once\n' });
  expect(cold.stderr).toMatch(/fetching Node 24.21.0 and pnpm 12.21.0[\s\S]*installing the dependencies/);
  expect(calls()).toEqual(['npm', 'pnpm install', 'pnpm verify']);
  const warm = await run(['nova-torch', 'up', '--once']);
  expect(warm).toEqual({ code: 0, stdout: '["up","--once"]', stderr: '' });
  expect(calls()).toHaveLength(3);
  expect(readdirSync(join(root, '.toolchain'))).toHaveLength(1);
});

test('installs again when the lockfile or a package.json changed, or a link is gone', async () => {
  await run(['node', '--version']);
  put('pnpm-lock.yaml', 'lockfileVersion: 9\n# newer\n');
  await run(['node', '--version']);
  put('packages/cli/package.json', '{ "type": "module", "dependencies": { "zod": "1" } }');
  await run(['node', '--version']);
  rmSync(join(root, 'packages/cli/node_modules'), { recursive: true });
  await run(['node', '--version']);
  await run(['node', '--version']);
  expect(calls()).toEqual(['npm', ...Array(4).fill('pnpm install')]);
});

test('a pnpm of the right version on PATH is used as it is', async () => {
  put('bin/pnpm', pnpm, 0o755);
  await run(['node', '--version']);
  expect(calls()).toEqual(['pnpm install']);
  expect(existsSync(join(root, '.toolchain', 'lock'))).toBe(false);
});

test('two at once fetch once', async () => {
  const results = await Promise.all([run(['pnpm', 'one']), run(['pnpm', 'two'])]);
  expect(results.map(({ code }) => code)).toEqual([0, 0]);
  expect(calls().filter((call) => call === 'npm')).toHaveLength(1);
  expect(calls().filter((call) => call === 'pnpm install')).toHaveLength(1);
});

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'])(
  'what %s interrupted is done again the next time',
  async (signal) => {
    const first = start(['node', '--version'], { NPM_HANGS: 'yes' });
    await eventually(() => calls().includes('npm'));
    first.child.kill(signal);
    const { code } = await first.ended;
    expect(code).toBe({ SIGINT: 130, SIGTERM: 143, SIGKILL: null }[signal]);
    expect((await run(['pnpm', 'verify'])).stdout).toBe('ran verify\n');
    expect(readdirSync(join(root, '.toolchain')).filter((name) => name.includes('partial'))).toEqual([]);
  },
  30_000,
);

test.each([
  ['npm error code ENOTFOUND', /no way to the npm registry/],
  ['npm error ENOSPC: no space left on device', /the disk is full/],
  ['npm error code E404', /does not have this version/],
  ['npm error something else', /npm failed/],
])('an npm that says "%s" is explained', async (NPM_FAILS, said) => {
  const { code, stderr } = await run(['node', '--version'], { NPM_FAILS });
  expect(code).toBe(1);
  expect(stderr).toMatch(said);
  expect(stderr).toContain(NPM_FAILS);
  expect(stderr).not.toContain('at Object');
});

test('other things that go wrong are said in words', async () => {
  expect((await run([])).stderr).toMatch(/usage: node scripts\/with-toolchain.mjs nova-torch\|pnpm\|node/);
  expect((await run(['toString'])).stderr).toMatch(/usage/);
  rmSync(join(bin, 'npm'));
  expect((await run(['node', '--version'])).stderr).toMatch(/npm is not on PATH/);
  put('bin/pnpm', pnpm, 0o755);
  const outdated = await run(['node', '--version'], { PNPM_FAILS: 'ERR_PNPM_OUTDATED_LOCKFILE' });
  expect(outdated.stderr).toMatch(/pnpm-lock.yaml does not fit/);
  rmSync(join(root, '.toolchain'), { recursive: true, force: true });
  put('.toolchain', 'a file where a directory should be');
  expect((await run(['node', '--version'])).code).toBe(1);
});

test('what npm delivers but does not run here is an error, and is not kept', async () => {
  put('programs/node', '#!/bin/sh\nexit 1\n', 0o755);
  expect((await run(['node', '--version'])).stderr).toMatch(/does not run on this machine/);
  expect(readdirSync(join(root, '.toolchain'))).toEqual([]);
});

test('the command gets our signals once, and its end is our end', async () => {
  await run(['node', '--version']);
  // A busy machine may take longer than that for the second one.
  const passing = 'scripts/toolchain/run-command.mjs';
  const [before, after] = ['REPEAT_AFTER_MS = 1_000;', 'REPEAT_AFTER_MS = 60_000;'];
  const text = readFileSync(join(root, passing), 'utf8');
  expect(text).toContain(before);
  put(passing, text.replace(before, after));
  put(
    'counts.mjs',
    `
    let count = 0;
    process.on('SIGTERM', () => { count += 1; process.stdout.write('signal ' + count + '\\n'); });
    setTimeout(() => process.exit(7), 60_000);
    process.on('SIGHUP', () => process.exit(7));
    process.stdout.write('ready\\n');`,
  );
  const command = start(['node', join(root, 'counts.mjs')]);
  await eventually(() => command.stdout.includes('ready'));
  command.child.kill('SIGTERM');
  await eventually(() => command.stdout.includes('signal 1'));
  command.child.kill('SIGTERM');
  command.child.kill('SIGHUP');
  expect(await command.ended).toMatchObject({ code: 7, stdout: 'ready\nsignal 1\n' });

  const killed = await run(['node', '-e', 'process.kill(process.pid, "SIGKILL")']);
  expect(killed.code).toBe(137);
});

test('the command is ended when the npm that started it was killed', async () => {
  await run(['node', '--version']);
  put(
    'waits.mjs',
    `import { writeFileSync } from 'node:fs';
    process.on('SIGTERM', () => { writeFileSync('${root}/ended', 'asked'); process.exit(); });
    setTimeout(() => {}, 60_000);
    writeFileSync('${root}/ready', '');`,
  );
  const command = [
    process.execPath,
    join(root, 'scripts', 'with-toolchain.mjs'),
    'node',
    join(root, 'waits.mjs'),
  ];
  const npmLike = spawn('/bin/sh', ['-c', `${command.join(' ')}; true`], {
    env: { PATH: bin, ROOT: root, npm_lifecycle_event: 'start' },
    stdio: 'ignore',
  });
  await eventually(() => existsSync(join(root, 'ready')));
  npmLike.kill('SIGKILL');
  await eventually(() => readFileSync(join(root, 'ended'), 'utf8') === 'asked');
});
