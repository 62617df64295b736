// The few kinds of panels the dashboards are made of.
import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';

/** The datasource a dashboard's variable names. */
export const DATASOURCE = { type: 'prometheus', uid: '$datasource' };

/** Grafana's names of the units used here. */
export type Unit = 'short' | 'percentunit' | 's' | 'bytes' | 'ops' | 'reqps';

/** A panel: one question, and how its answer is read. */
export interface Question {
  readonly title: string;
  /** What it tells, and what good looks like. */
  readonly means: string;
  readonly unit: Unit;
  /** Queries by the legend of their series (`p99`, `{{end}}`). */
  readonly shows: Readonly<Record<string, string>>;
  /** Values from which a colour holds, rising; below the first it is green unless `base` says otherwise. */
  readonly limits?: readonly (readonly [from: number, colour: Colour])[];
  readonly base?: Colour;
  /** Of 24 columns. */
  readonly width?: number;
  readonly max?: number;
  /** Whether values under 0 have a meaning. */
  readonly isSigned?: boolean;
}

export type Colour = 'green' | 'yellow' | 'orange' | 'red' | 'blue';

const STAT = { width: 3, height: 4 };
const CHART = { width: 8, height: 8 };

function thresholds({ limits = [], base = 'green' }: Question): ThresholdsConfigBuilder {
  const steps: Threshold[] = [
    { value: null, color: base },
    ...limits.map(([value, color]) => ({ value, color })),
  ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

function targets({ shows }: Question, isInstant: boolean): Builder<Dataquery>[] {
  return Object.entries(shows).map(([legend, expression], index) => {
    const query = new DataqueryBuilder()
      .datasource(DATASOURCE)
      .refId(String.fromCharCode(65 + index))
      .expr(expression)
      .legendFormat(legend);
    return isInstant ? query.instant() : query.range();
  });
}

/** One number that must be understood at a glance: coloured by its limits, with words for what has a name. */
export function stat(question: Question, words: Readonly<Record<string, string>> = {}): Builder<Panel> {
  const panel = new Stat()
    .title(question.title)
    .description(question.means)
    .datasource(DATASOURCE)
    .unit(question.unit)
    .noValue('no data')
    .thresholds(thresholds(question))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .targets(targets(question, false))
    .span(question.width ?? STAT.width)
    .height(STAT.height);
  const mapped = Object.entries(words).map(([value, text]) => [value, { text }] as const);
  if (mapped.length > 0)
    panel.mappings([{ type: MappingType.ValueToText, options: Object.fromEntries(mapped) }]);
  return panel;
}

/** How something went over time; `stacked` where the series are parts of one whole. */
export function lines(question: Question, { stacked = false } = {}): TimeSeries {
  const panel = new TimeSeries()
    .title(question.title)
    .description(question.means)
    .datasource(DATASOURCE)
    .unit(question.unit)
    .lineWidth(1)
    .fillOpacity(stacked ? 40 : 8)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs(['lastNotNull']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .targets(targets(question, false))
    .span(question.width ?? CHART.width)
    .height(CHART.height);
  if (!question.isSigned) panel.min(0);
  if (question.max !== undefined) panel.max(question.max);
  if (stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (question.limits !== undefined) {
    panel
      .thresholds(thresholds(question))
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  return panel;
}

/** Things that happen now and then, counted a second: bars one upon the other, so that a single one is seen. */
export function events(question: Question): Builder<Panel> {
  return lines(question, { stacked: true }).drawStyle(GraphDrawStyle.Bars).fillOpacity(80).lineWidth(0);
}

/** What is there now, side by side. */
export function bars(question: Question): Builder<Panel> {
  return new BarGauge()
    .title(question.title)
    .description(question.means)
    .datasource(DATASOURCE)
    .unit(question.unit)
    .min(0)
    .thresholds(thresholds(question))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .displayMode(BarGaugeDisplayMode.Basic)
    .orientation(VizOrientation.Horizontal)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .targets(targets(question, true))
    .span(question.width ?? CHART.width)
    .height(CHART.height);
}
