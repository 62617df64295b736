import uPlot from 'uplot';
import { cssColour, type Field, type Line, lastOf, type Settings } from './dashboard.ts';
import { timesOf } from './queries.ts';
import { inUnit } from './units.ts';

const PALETTE = [
  ...[
    '#73bf69',
    '#f2cc0c',
    '#5794f2',
    '#ff9830',
    '#f2495c',
    '#b877d9',
    '#37a2eb',
    '#fade2a',
    '#8ab8ff',
    '#ffa6b0',
  ],
  ...['#96d98d', '#ca95e5', '#e0b400', '#c4162a', '#3274d9', '#fa6400'],
];
const AXIS = {
  stroke: '#8e8ea0',
  grid: { stroke: '#24262d', width: 1 },
  ticks: { show: false },
  font: '11px Arial',
};
const NO_FLAT_AXIS = 1e-9;

const bars = uPlot.paths.bars?.({ size: [0.9, 12] });

const colourAt = (index: number): string => PALETTE[index % PALETTE.length] ?? '#73bf69';

/** Draws lines, or areas one upon the other, into `body`, and their names with the last values below it. */
export function drawLines(body: HTMLElement, lines: readonly Line[], field: Field, settings: Settings): void {
  const isStacked = field.custom?.stacking?.mode === 'normal';
  const isBars = field.custom?.drawStyle === 'bars';
  const drawn = isStacked ? stack(lines) : lines;
  // First, because the chart gets what room the legend leaves.
  body.after(legendOf(lines, field));
  const options: uPlot.Options = {
    width: body.clientWidth,
    height: body.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, low, high) => rangeOf(field, low, high) } },
    axes: [
      { ...AXIS, size: 24, values: (_plot, times) => times.map(clockOf) },
      { ...AXIS, size: 62, values: (_plot, values) => values.map((value) => inUnit(value, field.unit)) },
    ],
    series: [
      {},
      ...lines.map((_, index) => ({
        stroke: colourAt(index),
        fill: colourAt(index) + (isBars ? 'ff' : isStacked ? '66' : '14'),
        width: isBars ? 0 : 1.2,
        points: { show: false },
        ...(isBars && bars !== undefined ? { paths: bars } : {}),
      })),
    ],
    hooks: { draw: [(plot) => drawLimits(plot, field)] },
  };
  // Of areas one upon the other the highest comes first, so that it does not cover the lower ones.
  const order = drawn.map((_, index) => index);
  if (isStacked) order.reverse();
  options.series = [options.series[0] ?? {}, ...order.map((index) => options.series[index + 1] ?? {})];
  new uPlot(options, [timesOf(settings), ...order.map((index) => [...(drawn[index]?.values ?? [])])], body);
}

function stack(lines: readonly Line[]): Line[] {
  let below: readonly (number | null)[] = [];
  return lines.map(({ name, values }) => {
    below = values.map((value, index) => (value ?? 0) + (below[index] ?? 0));
    return { name, values: below };
  });
}

function rangeOf({ min, max }: Field, low: number | null, high: number | null): [number, number] {
  const top = max ?? (high ?? 1) * 1.08;
  const bottom = min ?? Math.min(0, low ?? 0) * 1.08;
  return [bottom, top - bottom < NO_FLAT_AXIS ? bottom + 1 : top];
}

function drawLimits(plot: uPlot, { thresholds }: Field): void {
  for (const { value, color } of thresholds?.steps ?? []) {
    if (value === null) continue;
    const y = plot.valToPos(value, 'y', true);
    const { left, top, width } = plot.bbox;
    if (y < top) continue;
    plot.ctx.save();
    plot.ctx.strokeStyle = cssColour(color);
    plot.ctx.setLineDash([6, 5]);
    plot.ctx.beginPath();
    plot.ctx.moveTo(left, y);
    plot.ctx.lineTo(left + width, y);
    plot.ctx.stroke();
    plot.ctx.restore();
  }
}

function legendOf(lines: readonly Line[], { unit }: Field): HTMLElement {
  const legend = document.createElement('div');
  legend.className = 'legend';
  for (const [index, line] of lines.entries()) {
    const entry = document.createElement('span');
    const colour = document.createElement('i');
    colour.style.background = colourAt(index);
    const last = document.createElement('b');
    last.textContent = inUnit(lastOf(line) ?? 0, unit);
    entry.append(colour, line.name, last);
    legend.append(entry);
  }
  return legend;
}

const clockOf = (seconds: number): string => new Date(seconds * 1_000).toISOString().slice(11, 19);
