// Installs the dependencies when, and only when, what decides about them has changed since the last good install.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NODE_VERSION, PNPM_VERSION } from './programs.mjs';
import { likelyReason, PreparationError, say, withoutStack } from './report.mjs';
import { runQuietly } from './run-quietly.mjs';

const STAMP = join('node_modules', '.nova-torch-installed');
const DECIDING_FILES = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', '.npmrc'];

/** The directories of the workspace, read from the `packages` list of pnpm-workspace.yaml. */
export function workspaceDirs(root) {
  const yaml = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  const list = /^packages:\n((?:[ ]+- .*\n)+)/m.exec(yaml)?.[1] ?? '';
  const patterns = list.split('\n').flatMap((line) => /- ["']?([^"'\s]+)/.exec(line)?.[1] ?? []);
  return patterns
    .flatMap((pattern) => {
      if (!pattern.endsWith('/*')) return [pattern];
      const parent = pattern.slice(0, -2);
      if (!existsSync(join(root, parent))) return [];
      return readdirSync(join(root, parent))
        .sort()
        .map((name) => `${parent}/${name}`);
    })
    .filter((dir) => existsSync(join(root, dir, 'package.json')));
}

function fingerprint(root) {
  const hash = createHash('sha256').update(`${NODE_VERSION} ${PNPM_VERSION} ${root}`);
  const files = [...DECIDING_FILES, ...workspaceDirs(root).map((dir) => `${dir}/package.json`)];
  for (const file of files) {
    hash.update(`\n${file}\n`);
    if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function isLinked(root, dir) {
  if (existsSync(join(root, dir, 'node_modules'))) return true;
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, dir, 'package.json'), 'utf8'));
  return Object.keys({ ...dependencies, ...devDependencies }).length === 0;
}

/** True when the last good install was made for exactly these files and its links are there. */
export function areDependenciesInstalled(root) {
  const stamp = join(root, STAMP);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== fingerprint(root)) return false;
  return workspaceDirs(root).every((dir) => isLinked(root, dir));
}

/** Runs `pnpm install --frozen-lockfile`, and remembers what it was run for. */
export async function installDependencies(root, toolchain, env) {
  say('installing the dependencies (pnpm install --frozen-lockfile)');
  const startedAt = Date.now();
  const { NODE_ENV: _, ...installEnv } = env;
  const { code, output } = await runQuietly(
    'installing the dependencies',
    toolchain.pnpm,
    [
      'install',
      '--frozen-lockfile',
      '--prefer-offline',
      '--config.confirmModulesPurge=false',
      '--reporter=append-only',
    ],
    { cwd: root, env: installEnv },
  );
  if (code !== 0) {
    const reason = likelyReason(output) ?? 'pnpm failed';
    throw new PreparationError(`cannot install the dependencies: ${reason}\n\n${withoutStack(output)}`);
  }
  const stamp = join(root, STAMP);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint(root));
  say(`the dependencies are installed (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
}
