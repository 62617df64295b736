export { ERROR_BUDGETS } from './budgets.ts';
export { type PromtoolRun, promtool } from './promtool.ts';
export { type AlertRule, type RuleGroup, runbookName, type Severity } from './rule.ts';
export { type Links, rulesFile, testsFile } from './rule-files.ts';
export { RULE_GROUPS } from './rule-groups.ts';
export { RUNBOOK_SECTIONS } from './runbook-sections.ts';
