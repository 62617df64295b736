// `pnpm alerts:live`: the real platform under a real Prometheus with these rules, without `for` and with short windows.
// First nothing may fire for a minute; then one thing after the other is broken, and the right alerts must.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RULE_GROUPS, rulesFile } from '@nova-torch/alerts';
import { SERVICES } from '@nova-torch/protocol';
import {
  type ActiveAlert,
  eventually,
  type Prometheus,
  prometheusVersion,
  scriptOptions,
  startPrometheus,
} from '@nova-torch/testing';
import { shortened } from './shortened.ts';
import { type Stage, startStage } from './stage.ts';
import { STEPS, type Step } from './steps.ts';

const SETTLE_MS = 40_000;
const FIRES_WITHIN_MS = 90_000;
const OVER_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 500;
const SEVERITIES: readonly string[] = ['info', 'ticket', 'page'];

const { values: options } = scriptOptions({
  name: 'pnpm alerts:live',
  about:
    'The real platform under a real Prometheus with these rules: one thing after the other is broken, and the right alerts must fire.',
  options: {
    quiet: { about: 'seconds in which nothing may fire at first', default: 60 },
    only: { about: 'one step by name; default all' },
  },
});
const info = new Set<string>(
  RULE_GROUPS.flatMap(({ rules }) => rules.filter(({ severity }) => severity === 'info')).map(
    ({ alert }) => alert,
  ),
);

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function firing(prometheus: Prometheus): Promise<Map<string, string>> {
  // Of rules of one name the most urgent is shown.
  const urgency = ({ labels }: ActiveAlert): number => SEVERITIES.indexOf(labels.severity ?? '');
  const active = (await prometheus.alerts()).toSorted((a, b) => urgency(a) - urgency(b));
  return new Map(
    active.map(({ labels, annotations }) => [labels.alertname ?? '', annotations.summary ?? '']),
  );
}

/** What fired while nothing was broken, info apart. */
async function quiet(prometheus: Prometheus, seconds: number): Promise<Map<string, string>> {
  const seen = new Map<string, string>();
  const endsAt = performance.now() + seconds * 1_000;
  while (performance.now() < endsAt) {
    for (const [alert, summary] of await firing(prometheus)) if (!info.has(alert)) seen.set(alert, summary);
    await delay(LOOK_EVERY_MS);
  }
  return seen;
}

interface Outcome {
  readonly alert: string;
  readonly summary: string | undefined;
  readonly afterS: number | undefined;
}

async function runStep(step: Step, stage: Stage, prometheus: Prometheus): Promise<Outcome[]> {
  await eventually(
    async () => {
      const now = await firing(prometheus);
      return !step.expects.some((alert) => now.has(alert));
    },
    { timeoutMs: OVER_WITHIN_MS, everyMs: LOOK_EVERY_MS, what: `nothing of ${step.name} fires yet` },
  );
  const startedAt = performance.now();
  await step.break(stage);
  const seen = new Map<string, Outcome>();
  while (seen.size < step.expects.length && performance.now() - startedAt < FIRES_WITHIN_MS) {
    const now = await firing(prometheus);
    for (const alert of step.expects) {
      const afterS = Math.round((performance.now() - startedAt) / 100) / 10;
      if (!seen.has(alert) && now.has(alert)) seen.set(alert, { alert, summary: now.get(alert), afterS });
    }
    await delay(LOOK_EVERY_MS);
  }
  await step.heal?.(stage);
  return step.expects.map((alert) => seen.get(alert) ?? { alert, summary: undefined, afterS: undefined });
}

async function runSteps(stage: Stage, prometheus: Prometheus): Promise<boolean> {
  print('| broken | alert | fired after | it says |\n| --- | --- | --- | --- |');
  let ok = true;
  for (const step of STEPS.filter(({ name }) => options.only === undefined || name === options.only)) {
    for (const { alert, summary, afterS } of await runStep(step, stage, prometheus)) {
      ok &&= afterS !== undefined;
      print(
        `| ${step.name} | ${alert} | ${afterS === undefined ? 'NOT' : `${afterS} s`} | ${summary ?? ''} |`,
      );
    }
  }
  return ok;
}

async function live(): Promise<boolean> {
  const stage = await startStage();
  const recorded = readFileSync(join(import.meta.dirname, '../../recording.rules.yml'), 'utf8');
  const prometheus = await startPrometheus({
    targets: SERVICES.map((component) => ({
      ...{ component, address: new URL(stage.platform.service(component).address).host },
    })),
    rules: [shortened(rulesFile(RULE_GROUPS)), shortened(recorded)],
  }).catch(async (error: unknown) => {
    await stage.stop();
    throw error;
  });
  try {
    print(`Prometheus ${prometheus.version}; the start is given ${SETTLE_MS / 1_000} s to be forgotten`);
    await delay(SETTLE_MS);
    const seen = await quiet(prometheus, options.quiet);
    print(`quiet for ${options.quiet} s: ${seen.size} alerts`);
    for (const [alert, summary] of seen) print(`  ${alert}: ${summary}`);
    const all = await runSteps(stage, prometheus);
    print(`\nstill there at the end: ${[...(await firing(prometheus)).keys()].join(', ') || 'none'}`);
    return all && seen.size === 0;
  } finally {
    await prometheus.stop();
    await stage.stop();
  }
}

if (prometheusVersion() === undefined)
  print('skipped: there is no prometheus on PATH (apt-get install prometheus)');
else if (!(await live())) process.exitCode = 1;
