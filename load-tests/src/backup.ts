// pnpm bench:backup: a backup of a platform that has tasks waiting and gets more of them meanwhile, and its restore.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findInstallation } from '@nova-torch/cli/installation';
import { NovaClient } from '@nova-torch/client';
import type { BackupReport, RestoreReport } from '@nova-torch/streams/backup';
import { scriptOptions, startPlatform, startTestBroker } from '@nova-torch/testing';
import { askBrokerFacts, print, RESULTS, writeReport } from './report.ts';

const { values } = scriptOptions({
  name: 'pnpm bench:backup',
  about: 'A backup of a platform that has tasks waiting and gets more of them meanwhile, and its restore.',
  options: {
    tasks: { about: 'tasks that wait', default: 20_000 },
    out: { about: 'where the results go', default: RESULTS },
  },
});
const tasks = values.tasks;
const BATCH = 500;
const LOOK_EVERY_MS = 20;

/** Runs the command as a person does; its result, and the most memory it had. */
async function nova<T>(...args: string[]): Promise<{ result: T; rss_mib: number }> {
  const { cliEntry, nodeFlags } = findInstallation();
  const child = spawn(process.execPath, [...nodeFlags, cliEntry, '--json', ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let kib = 0;
  const look = setInterval(() => {
    try {
      kib = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? kib);
    } catch {
      // It has ended.
    }
  }, LOOK_EVERY_MS);
  const out = await text(child.stdout);
  clearInterval(look);
  return { result: JSON.parse(out) as T, rss_mib: Math.round(kib / 1024) };
}

const platform = await startPlatform({ services: ['gateway', 'registry', 'task-router'] });
const target = await startTestBroker();
const directory = mkdtempSync(join(tmpdir(), 'nova-bench-backup-'));
try {
  const client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
  const specs = (count: number) =>
    Array.from({ length: count }, (_, n) => ({
      title: `waits ${n}`,
      required_skills: ['nobody'],
      inputs: { text: 'x'.repeat(100), n },
    }));
  for (let sent = 0; sent < tasks; sent += BATCH)
    await client.submitTasks(specs(Math.min(BATCH, tasks - sent)));
  print(`${tasks} tasks wait; a backup while more come`);

  let done = false;
  const waits: number[] = [];
  const load = (async () => {
    while (!done) {
      const since = performance.now();
      await client.submitTask(specs(1)[0] ?? { title: 'x' });
      waits.push(performance.now() - since);
    }
  })();
  const file = join(directory, 'bench.backup');
  const created = await nova<BackupReport>('backup', 'create', file, '--broker', platform.brokerUrl);
  done = true;
  await load;
  const restored = await nova<RestoreReport>('backup', 'restore', file, '--broker', target.url);

  waits.sort((one, other) => one - other);
  const at = (share: number) => Math.round(waits[Math.floor((waits.length - 1) * share)] ?? 0);
  const figures = {
    tasks,
    created: { ...created.result, file: undefined, rss_mib: created.rss_mib },
    restored: { ...restored.result, file: undefined, rss_mib: restored.rss_mib },
    submissions_meanwhile: { count: waits.length, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) },
  };
  const { result } = created;
  print(
    `created:  ${result.keys} keys, ${result.items} items, ${result.bytes} bytes in ${result.took_ms} ms, ${created.rss_mib} MiB`,
  );
  print(
    `          ${result.rounds} rounds, then ${result.last_keys} keys while writes were held for ${result.held_ms} ms`,
  );
  print(`restored: and compared in ${restored.result.took_ms} ms, ${restored.rss_mib} MiB`);
  print(`meanwhile ${waits.length} submissions: p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms`);
  print(writeReport('backup', await askBrokerFacts(platform.brokerUrl), values.out, figures));
} finally {
  await platform.stop();
  await target.stop();
  rmSync(directory, { recursive: true, force: true });
}
