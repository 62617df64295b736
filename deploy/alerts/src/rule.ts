import type { MetricDefinition } from '@nova-torch/metrics';
import { type Span, seriesName, type TargetLabel, type Vector } from '@nova-torch/metrics/promql';
import type { ServiceName } from '@nova-torch/protocol';

/** page: wake somebody now. ticket: somebody looks at it on the next working day. info: it stands in a list. */
export type Severity = 'page' | 'ticket' | 'info';

/** The dashboard that shows what an alert is about; its uid is `nova-torch-<name>`. */
export type Dashboard = 'fleet' | 'tasks' | 'streams' | 'agents' | 'gateway' | 'broker' | 'slo';

/** A series a case begins with: promtool's notation for its name, and for its values, one a minute from 0 on. */
export interface GivenSeries {
  readonly series: string;
  readonly values: string;
}

/** What is there, and when one looks. */
export interface QuietCase {
  readonly given: readonly GivenSeries[];
  readonly at: Span;
}

/** A case in which the rule fires once, with its labels (severity apart) and what it then says. */
export interface FiringCase extends QuietCase {
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly description: string;
}

/** One alert rule: when it fires, why then, what it says, and the cases that prove it. */
export interface AlertRule {
  readonly alert: `NovaTorch${string}`;
  readonly expr: Vector;
  /** How long the expression must hold. */
  readonly for: Span;
  readonly severity: Severity;
  /** Labels the expression does not give. Every alert has a `service`, by which alerts are grouped. */
  readonly labels?: { readonly service?: ServiceName | 'broker' | `{{${string}}}`; readonly window?: Span };
  /** Templates of Prometheus. */
  readonly summary: string;
  readonly description: string;
  readonly dashboard: Dashboard;
  /** Why this bound and this time: a goal of the design or a measured figure. Stands in the runbook. */
  readonly reason: string;
  readonly fires: readonly FiringCase[];
  readonly quiet: readonly QuietCase[];
}

/** A group of rules, evaluated together. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly AlertRule[];
}

/** A series of a metric with its labels; values in promtool's notation, such as `0+5x20`. */
export function given<L extends string>(
  metric: MetricDefinition<'counter' | 'gauge', L>,
  labels: { readonly [K in NoInfer<L> | TargetLabel]?: string },
  values: string,
): GivenSeries {
  return { series: seriesName(metric, labels), values };
}

/** `NovaTorchQueueBacklog` → `queue-backlog`: the name of its runbook. */
export function runbookName(alert: AlertRule['alert']): string {
  return alert
    .replace(/^NovaTorch/, '')
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .toLowerCase();
}
