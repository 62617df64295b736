// The development containers: the sources of a checkout, started again when one of them changes.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repository, runStep } from './deployment-guide.ts';
import { run } from './docker.ts';
import { openProject, type Project } from './project.ts';

// Of hard links, which costs nothing: so it is on the same disk, and no file is written in place.
const sources = join(repository, 'node_modules/.cache/containers-dev');
let project: Project;

beforeAll(async () => {
  rmSync(sources, { recursive: true, force: true });
  mkdirSync(join(sources, 'node_modules'), { recursive: true });
  const parts = ['package.json', 'tsconfig.base.json', 'packages', 'services', 'deploy', 'examples'];
  await run('cp', ['-al', ...parts, sources], { cwd: repository });
  await run('cp', ['-al', 'node_modules/.pnpm', join(sources, 'node_modules')], { cwd: repository });

  project = await openProject('nova-torch-dev-test', ['docker-compose.yml', 'docker-compose.dev.yml']);
  Object.assign(project.env, { NOVA_SOURCES: sources });
  await runStep('secrets', project);
  await project.compose(['up', '--detach', '--wait'], { timeoutMs: 240_000 });
}, 300_000);

afterAll(async () => {
  await project?.remove();
  rmSync(sources, { recursive: true, force: true });
});

it('runs the sources, and those that were changed when they are', { timeout: 120_000 }, async () => {
  const answer = async (): Promise<string> =>
    project
      .compose(['exec', '-T', 'registry', 'node', '-e', ASK_LIVE])
      .catch((error: Error) => error.message);
  expect(await answer()).toContain('"live"');

  const file = join(sources, 'packages/service-kit/src/http/health-routes.ts');
  const changed = readFileSync(file, 'utf8').replace("status: 'live'", "status: 'alive and changed'");
  writeFileSync(`${file}.new`, changed);
  renameSync(`${file}.new`, file);

  await eventually(async () => expect(await answer()).toContain('alive and changed'), {
    timeoutMs: 60_000,
    everyMs: 500,
    what: 'an answer of the changed source',
  });
});

it('does tasks, with the networks, users and secrets of production', { timeout: 120_000 }, async () => {
  const client = project.client();
  const { task_id } = await client.submitTask({
    title: 'in development',
    required_skills: ['shell'],
    inputs: { command: 'id -u' },
  });
  expect((await client.waitForTask(task_id)).status).toBe('completed');
  for (const container of await project.containers()) {
    expect(container.HostConfig.ReadonlyRootfs, container.Name).toBe(true);
  }
});

const ASK_LIVE = `fetch('http://127.0.0.1:7400/health/live').then((answer) => answer.text()).then(console.log)`;
