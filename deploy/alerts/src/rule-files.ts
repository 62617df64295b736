// What Prometheus reads: the rules, and promtool's tests of them.
import { stringify } from 'yaml';
import { type AlertRule, type FiringCase, type QuietCase, type RuleGroup, runbookName } from './rule.ts';

/** What the links in alerts begin with. */
export interface Links {
  /** Before `docs/runbooks/<name>.md`; none unless given. */
  readonly runbooks?: string;
  /** Before `/d/nova-torch-<dashboard>`; none unless given. */
  readonly dashboards?: string;
}

const annotationsOf = (rule: AlertRule, { runbooks = '', dashboards = '' }: Links) => ({
  runbook_url: `${runbooks}docs/runbooks/${runbookName(rule.alert)}.md`,
  dashboard_url: `${dashboards}/d/nova-torch-${rule.dashboard}`,
});

const yaml = (document: unknown): string =>
  `# Made by \`pnpm alerts\` from deploy/alerts/src: do not edit.\n${stringify(document, { lineWidth: 0 })}`;

/** The rules file. */
export function rulesFile(groups: readonly RuleGroup[], links: Links = {}): string {
  return yaml({
    groups: groups.map(({ name, rules }) => ({
      name,
      rules: rules.map((rule) => ({
        alert: rule.alert,
        expr: rule.expr.promql,
        ...(rule.for !== '0s' && { for: rule.for }),
        labels: { severity: rule.severity, ...rule.labels },
        annotations: {
          summary: rule.summary,
          description: rule.description,
          ...annotationsOf(rule, links),
        },
      })),
    })),
  });
}

/** The cases of all rules as `promtool test rules` reads them; `rulesPath` leads to the rules file from the tests. */
export function testsFile(groups: readonly RuleGroup[], rulesPath: string): string {
  const rules = groups.flatMap((group) => group.rules);
  return yaml({
    rule_files: [rulesPath],
    evaluation_interval: '1m',
    tests: rules.flatMap((rule) => [
      ...rule.fires.map((one) => test(rule, 'fires', one, [expected(rule, one)])),
      ...rule.quiet.map((one) => test(rule, 'is quiet', one, [])),
    ]),
  });
}

function test(rule: AlertRule, verdict: string, { given, at }: QuietCase, expectedAlerts: readonly object[]) {
  const window = rule.labels?.window;
  return {
    name: `${rule.alert}${window === undefined ? '' : ` over ${window}`} ${verdict}`,
    interval: '1m',
    input_series: given,
    alert_rule_test: [{ alertname: rule.alert, eval_time: at, exp_alerts: expectedAlerts }],
  };
}

function expected(rule: AlertRule, { labels, summary, description }: FiringCase) {
  return {
    exp_labels: { severity: rule.severity, ...labels },
    exp_annotations: { summary, description, ...annotationsOf(rule, {}) },
  };
}
