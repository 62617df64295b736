// The parts of the runbooks that are made from the rules.
import { objectiveReasons } from './budgets.ts';
import { type AlertRule, runbookName, type Severity } from './rule.ts';
import { RULE_GROUPS } from './rule-groups.ts';

const DIRECTORY = 'docs/runbooks';

const WHAT_SEVERITIES_MEAN: Record<Severity, string> = {
  page: 'it wakes somebody',
  ticket: 'somebody looks at it on the next working day',
  info: 'it stands in a list',
};

const rules = RULE_GROUPS.flatMap((group) => group.rules);
const byAlert = Map.groupBy(rules, ({ alert }) => alert);

function condition({ severity, expr, for: span, reason }: AlertRule): string {
  const holds = span === '0s' ? 'At once' : `After ${span}`;
  return [
    `${holds}, as \`${severity}\` (${WHAT_SEVERITIES_MEAN[severity]}):`,
    `\`\`\`promql\n${expr.promql.replace(/ (and|or) /g, '\n  $1 ')}\n\`\`\``,
    reason,
  ].join('\n\n');
}

function conditions(alert: AlertRule['alert'], same: readonly AlertRule[]): string {
  const objective = objectiveReasons.get(alert);
  return [...(objective === undefined ? [] : [objective]), ...same.map(condition)].join('\n\n');
}

/** One row for each alert: its page, how urgent it is, what it says. Labels stand for their values. */
function alertTable(): string {
  const rows = [...byAlert].map(([alert, same]) => {
    const severities = [...new Set(same.map(({ severity }) => `\`${severity}\``))].join(', ');
    const says = (same[0]?.summary ?? '')
      .replace(/\{\{ \$labels\.(\w+) \}\}/g, '‹$1›')
      .replace(' used up 14.4 times', ' used up');
    return `| [${alert}](${runbookName(alert)}.md) | ${severities} | ${says} |`;
  });
  return ['| alert | severity | says |', '| --- | --- | --- |', ...rows].join('\n');
}

/** What stands between the marks of each runbook and of their table of contents. */
export const RUNBOOK_SECTIONS: readonly { file: string; name: string; make: () => string }[] = [
  { file: `${DIRECTORY}/README.md`, name: 'alerts', make: alertTable },
  ...[...byAlert].map(([alert, same]) => ({
    file: `${DIRECTORY}/${runbookName(alert)}.md`,
    name: 'alert',
    make: () => conditions(alert, same),
  })),
];
