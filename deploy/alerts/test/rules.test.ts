import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promtool, RULE_GROUPS, rulesFile, testsFile } from '@nova-torch/alerts';
import { SERVICES } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const directory = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(directory, path), 'utf8');
const rules = RULE_GROUPS.flatMap((group) => group.rules);

describe('the alert rules', () => {
  it('stand in the files as they are in the source; else run `pnpm alerts`', () => {
    expect(read('nova-torch.alerts.yml')).toBe(rulesFile(RULE_GROUPS));
    expect(read('tests/nova-torch.test.yml')).toBe(testsFile(RULE_GROUPS, '../nova-torch.alerts.yml'));
  });

  it('each have a case in which they fire and one in which they are quiet', () => {
    const unproven = rules.filter(({ fires, quiet }) => fires.length === 0 || quiet.length === 0);
    expect(unproven.map(({ alert }) => alert)).toEqual([]);
  });

  it('each give every alert a service, by which it is grouped', () => {
    const without = rules.filter(({ fires }) => fires.some(({ labels }) => labels.service === undefined));
    expect(without.map(({ alert }) => alert)).toEqual([]);
  });

  it('link to where they are told to', () => {
    const file = rulesFile(RULE_GROUPS, {
      runbooks: 'https://wiki.test/',
      dashboards: 'https://grafana.test',
    });
    expect(file).toContain('runbook_url: https://wiki.test/docs/runbooks/queue-backlog.md');
    expect(file).toContain('dashboard_url: https://grafana.test/d/nova-torch-streams');
  });

  it('use shares that are recorded', () => {
    const used = new Set(rules.flatMap(({ expr }) => expr.promql.match(/nova_torch:\w+:\w+/g) ?? []));
    const recorded = new Set(read('recording.rules.yml').match(/(?<=record: )\S+/g));
    expect([...used].filter((name) => !recorded.has(name))).toEqual([]);
  });
});

it('find in what the compose file scrapes the job and the label they ask for', () => {
  const file = readFileSync(join(directory, '../compose/prometheus/prometheus.yml'), 'utf8');
  const config = parse(file) as { scrape_configs: Record<string, unknown>[] };
  expect(config.scrape_configs.find((job) => job.job_name === 'nova-torch')).toMatchObject({
    dns_sd_configs: [{ names: expect.arrayContaining([...SERVICES]) }],
    relabel_configs: [{ source_labels: ['__meta_dns_name'], target_label: 'component' }],
  });
});

describe('promtool', () => {
  const check = promtool(['check', 'rules', 'nova-torch.alerts.yml', 'recording.rules.yml'], directory);

  it.skipIf(check === undefined)('accepts the rules (skipped where promtool is not on PATH)', () => {
    expect(check?.ok, check?.output).toBe(true);
  });

  it.skipIf(check === undefined)(
    'sees each fire and be quiet as its cases say (skipped without promtool)',
    () => {
      const run = promtool(['test', 'rules', 'tests/nova-torch.test.yml'], directory);
      expect(run?.ok, run?.output).toBe(true);
    },
    120_000,
  );
});
