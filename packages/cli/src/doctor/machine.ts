import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Finding, ok, problem, warning } from './finding.ts';

const NODE_MAJOR_MIN = 24;
const DISK_FREE_MIN_BYTES = 512 * 1024 * 1024;
const BROKER_PROGRAMS = ['dragonfly', 'valkey-server', 'redis-server'] as const;

/** The version of Node this runs on. */
export function checkNode(version: string): Finding {
  const major = Number(/^v?(\d+)/.exec(version)?.[1]);
  return major >= NODE_MAJOR_MIN
    ? ok('node', version)
    : problem(
        'node',
        `${version} is too old`,
        `Start through npm (\`npm start\`), which brings Node ${NODE_MAJOR_MIN} along.`,
      );
}

/** The directory of the local installation: there, ours, and with a key only its owner can read. */
export function checkHome(home: string): Finding {
  if (!existsSync(home)) return ok('home', `${home} does not exist yet; the first start makes it`);
  try {
    accessSync(home, constants.R_OK | constants.W_OK);
  } catch {
    return problem(
      'home',
      `${home} cannot be written`,
      `Give it to your user, or set NOVA_HOME to a directory of yours.`,
    );
  }
  const key = join(home, 'admin.key');
  if (existsSync(key) && (statSync(key).mode & 0o077) !== 0) {
    return problem('home', `${key} can be read by others`, `chmod 600 ${key}`);
  }
  return ok('home', home);
}

/** Free space where logs, reports and broker data go. */
export async function checkDisk(home: string): Promise<Finding> {
  const place = existsSync(home) ? home : '/';
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  const mib = `${Math.floor(free / 1024 / 1024)} MiB free at ${place}`;
  return free >= DISK_FREE_MIN_BYTES
    ? ok('disk', mib)
    : warning('disk', mib, 'Make room: logs, the journal and broker data grow there.', 'journal-refusing');
}

/** Where a broker would come from, when none is named. */
export function checkBrokerPrograms(path: string): Finding {
  const found = BROKER_PROGRAMS.filter((program) =>
    path.split(delimiter).some((folder) => existsSync(join(folder, program))),
  );
  return found.length > 0
    ? ok('broker program', found.join(', '))
    : warning(
        'broker program',
        'neither dragonfly nor valkey-server nor redis-server is on PATH',
        'apt-get install redis-server, or set NOVA_BROKER_URL.',
      );
}
