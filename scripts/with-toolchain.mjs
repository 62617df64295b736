// Runs a command of this repository with the Node and pnpm it needs, on a machine that may have neither:
//
//   node scripts/with-toolchain.mjs nova-torch up --once      the command line, from source
//   node scripts/with-toolchain.mjs pnpm verify               any pnpm command
//   node scripts/with-toolchain.mjs node script.ts            any script
//
// It has no dependencies and runs on Node 18: keep it plain. Nothing is fetched or installed when all is there.
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { areDependenciesInstalled, installDependencies } from './toolchain/dependencies.mjs';
import { withLock } from './toolchain/lock.mjs';
import { findToolchain, installToolchain } from './toolchain/programs.mjs';
import { likelyReason, PreparationError, say } from './toolchain/report.mjs';
import { runCommand } from './toolchain/run-command.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function withPath(toolchain) {
  const first = new Set([toolchain.bin, dirname(toolchain.pnpm)]);
  return { ...process.env, PATH: [...first, process.env.PATH ?? ''].join(delimiter) };
}

async function prepare() {
  const found = findToolchain(root);
  if (found && areDependenciesInstalled(root)) return found;
  return withLock(join(root, '.toolchain', 'lock'), async () => {
    const toolchain = findToolchain(root) ?? (await installToolchain(root));
    if (!areDependenciesInstalled(root)) await installDependencies(root, toolchain, withPath(toolchain));
    return toolchain;
  });
}

const COMMANDS = {
  'nova-torch': (toolchain, args) => [
    toolchain.node,
    ['--conditions=source', join(root, 'packages', 'cli', 'src', 'main.ts'), ...args],
  ],
  pnpm: (toolchain, args) => [toolchain.pnpm, args],
  node: (toolchain, args) => [toolchain.node, args],
};

async function main() {
  if (Number(process.versions.node.split('.')[0]) < 18) {
    throw new PreparationError(`Node 18 or newer is needed to begin with; this is ${process.version}`);
  }
  const [name, ...rest] = process.argv.slice(2);
  if (!Object.hasOwn(COMMANDS, name)) {
    throw new PreparationError('usage: node scripts/with-toolchain.mjs nova-torch|pnpm|node [arguments]');
  }
  const toolchain = await prepare();
  const [command, args] = COMMANDS[name](toolchain, rest);
  return runCommand(command, args, { env: withPath(toolchain) });
}

main().then(
  (code) => process.exit(code),
  (error) => {
    const reason = likelyReason(String(error.code));
    if (error instanceof PreparationError) say(error.message);
    else say(reason ? `${error.message}: ${reason}` : error.stack);
    process.exit(1);
  },
);
