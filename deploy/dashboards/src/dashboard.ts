import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { SERVICE_METRICS } from '@nova-torch/metrics';
import { DATASOURCE } from './panels.ts';

/** The dashboards, by the end of their uid: `nova-torch-fleet`. */
export type DashboardName = 'fleet' | 'tasks' | 'streams' | 'agents' | 'gateway' | 'broker' | 'slo';

/** Where the documentation is served, unless the variable `docs` of a dashboard says otherwise. */
const DOCS_ADDRESS = '/docs';

export interface DashboardSpec {
  readonly name: DashboardName;
  readonly title: string;
  /** The question the whole of it answers. */
  readonly description: string;
  /** Whether its queries have conditions on `$service`, or on `$instance` only. */
  readonly byService?: boolean;
  /** Panels by the title of their row. A row's widths add up to multiples of 24, the last line apart. */
  readonly rows: Readonly<Record<string, readonly Builder<Panel>[]>>;
}

/** Makes the dashboard as Grafana reads it from a file. */
export function dashboard(spec: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(`Nova-Torch / ${spec.title}`)
    .uid(`nova-torch-${spec.name}`)
    .description(spec.description)
    .tags(['nova-torch'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .variables(variables(spec))
    .links([
      new DashboardLinkBuilder('Nova-Torch')
        .type(DashboardLinkType.Dashboards)
        .tags(['nova-torch'])
        .asDropdown(true)
        .keepTime(true),
      new DashboardLinkBuilder('Runbooks')
        .type(DashboardLinkType.Link)
        .icon('doc')
        .tooltip('What to do when something is wrong')
        .url('$docs/runbooks/README.md')
        .targetBlank(true),
    ]);
  for (const [title, panels] of Object.entries(spec.rows)) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  const made = builder.build();
  // Grafana numbers panels that have no id anew at each load, so that links to them would not last.
  made.panels?.forEach((panel, index) => {
    panel.id = index + 1;
  });
  return made;
}

function variables({ byService = false }: DashboardSpec) {
  const { name } = SERVICE_METRICS.info;
  const choice = (label: string, condition = '') =>
    new QueryVariableBuilder(label)
      .label(label)
      .datasource(DATASOURCE)
      .query(`label_values(${name}${condition}, ${label})`)
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      .allValue('.*')
      .current({ text: 'All', value: '$__all', selected: true });
  return [
    new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    ...(byService ? [choice('service'), choice('instance', '{service=~"$service"}')] : [choice('instance')]),
    new TextBoxVariableBuilder('docs').label('documentation at').defaultValue(DOCS_ADDRESS),
  ];
}
