// How each server is told where to listen, where to keep its data and how safely.

export type BrokerServer = 'redis' | 'valkey' | 'dragonfly';

/**
 * What a broker keeps on disk. `none`: nothing. `always`: every write is on disk before it is answered (not to be had
 * from Dragonfly, which then saves when it is stopped and once a minute). `everysec`: every write, synced once a second.
 */
export type Persistence = 'none' | 'everysec' | 'always';

export interface BrokerArguments {
  server: BrokerServer;
  persistence: Persistence;
  dir: string;
  host: string;
  port: number;
  /** A password follows: in `passwordInput` on stdin, or in `passwordEnv`. */
  hasPassword?: boolean;
}

/** The program of each server, as its package or image names it. */
export const BROKER_PROGRAMS: Record<BrokerServer, string> = {
  redis: 'redis-server',
  valkey: 'valkey-server',
  dragonfly: 'dragonfly',
};

/** The flags of one server. `--cluster_mode=emulated --lock_on_hashtags` is what our scripts are measured with. */
export function brokerArguments(options: BrokerArguments): string[] {
  const { server, persistence, dir, host, port, hasPassword } = options;
  if (server === 'dragonfly') {
    return [
      '--logtostderr',
      `--port=${port}`,
      `--bind=${host}`,
      `--dir=${dir}`,
      `--dbfilename=${persistence === 'none' ? '' : 'nova-torch'}`,
      ...(persistence === 'none' ? [] : ['--snapshot_cron=* * * * *']),
      '--cluster_mode=emulated',
      '--lock_on_hashtags',
      '--proactor_threads=2',
      '--version_check=false',
    ];
  }
  const appendOnly = persistence === 'none' ? ['no'] : ['yes', '--appendfsync', persistence];
  return [
    ...(hasPassword ? ['-'] : []),
    ...['--port', String(port), '--bind', host, '--dir', dir, '--daemonize', 'no'],
    ...['--protected-mode', host === '127.0.0.1' || hasPassword ? 'yes' : 'no'],
    ...['--save', '', '--maxmemory-policy', 'noeviction', '--appendonly', ...appendOnly],
  ];
}

/** What redis-server and valkey-server read from stdin: a password among the arguments could be read by every user. */
export function passwordInput(server: BrokerServer, password: string | undefined): string | undefined {
  return password === undefined || server === 'dragonfly' ? undefined : `requirepass ${password}\n`;
}

/** The same for dragonfly, which reads flags from its environment. */
export function passwordEnv(server: BrokerServer, password: string | undefined): Record<string, string> {
  return password === undefined || server !== 'dragonfly' ? {} : { DFLY_requirepass: password };
}
