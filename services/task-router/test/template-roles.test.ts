// A role that only a template of the spawner has, with the real spawner.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaskAnalyzeV1, type TaskSpecInput } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Rig, startRig, startRouter, streams } from './support/rig.ts';
import { say } from './support/say.ts';

let directory: string;
let rig: Rig;
let router: AssembledService;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'nova-torch-templates-'));
  const templates = join(directory, 'templates.yaml');
  writeFileSync(templates, 'templates:\n  - name: baking\n    role: baker\n    command: ["true"]\n');
  rig = await startRig({
    services: ['registry', 'spawner'],
    envOf: { spawner: { NOVA_TEMPLATES: templates } },
  });
  router = await startRouter(rig.url);
});
afterAll(async () => {
  await router.stop();
  await rig.stop();
  rmSync(directory, { recursive: true, force: true });
});

const warningsOf = async (spec: Partial<TaskSpecInput>) => {
  const question = say(TaskAnalyzeV1, { spec: { title: 'a task', ...spec } });
  const answer = await rig.ask(streams.tasksQueries, question);
  if (answer.type !== 'task.analyzed.v1') throw new Error(JSON.stringify(answer.payload));
  return answer.payload.analysis.warnings;
};

it('is known, and suggested for one that looks like it', { timeout: 60_000 }, async () => {
  // Its answer is waited for half a second at most: on a busy machine it may come too late.
  await eventually(async () => expect(await warningsOf({ role: 'baker' })).toEqual([]));
  await eventually(async () => {
    const [warning] = await warningsOf({ role: 'bakr' });
    expect(warning).toMatchObject({ field: 'role', suggestions: ['baker'] });
  });
});
