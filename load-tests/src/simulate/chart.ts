// The comparisons as one picture: a row of small bar charts for each scenario, one chart for each measure, a bar for each
// strategy. Every chart has an axis of its own, beginning at 0.
import type { Comparison } from './compare.ts';
import type { BoundMeasures, Measures } from './measures.ts';

interface Panel {
  readonly title: string;
  readonly unit: string;
  valueOf(measures: Measures): number;
  boundOf?(bound: BoundMeasures): number;
}

const PANELS: readonly Panel[] = [
  {
    ...{ title: 'Until completion, mean', unit: 'seconds' },
    valueOf: ({ turnaround_s }) => turnaround_s,
    boundOf: ({ turnaround_s }) => turnaround_s,
  },
  {
    ...{ title: 'Waiting for a start, mean', unit: 'seconds' },
    valueOf: ({ waiting }) => waiting.mean_s,
  },
  {
    ...{ title: 'Waiting if critical, p99', unit: 'seconds' },
    valueOf: ({ waiting_by_priority }) => waiting_by_priority.critical.p99_s,
  },
  {
    ...{ title: 'Failed attempts', unit: 'per 100 tasks' },
    valueOf: ({ failed_attempts }) => failed_attempts,
  },
  {
    ...{ title: 'Until all is done', unit: 'seconds' },
    valueOf: ({ makespan_s }) => makespan_s,
    boundOf: ({ makespan_s }) => makespan_s,
  },
  {
    ...{ title: 'Fairness: longer is better', unit: 'Jain’s index, submitters' },
    valueOf: ({ fairness }) => fairness,
  },
];

/** Told apart by people who do not see all colours too (Okabe and Ito). */
const COLOURS = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#8C8C8C', '#F0E442', '#56B4E9', '#D55E00'];
const BOUND_COLOUR = '#D00000';

const MARGIN = 24;
const NAMES_WIDTH = 110;
const PANEL = { width: 196, gap: 46 };
const BAR = { height: 15, step: 20 };
const HEAD_HEIGHT = 104;
const TITLE_HEIGHT = 66;
const AXIS_HEIGHT = 44;
const WIDTH = 2 * MARGIN + NAMES_WIDTH + PANELS.length * (PANEL.width + PANEL.gap);

/** An SVG document. */
export function chartOf(comparisons: readonly Comparison[]): string {
  const names = comparisons[0]?.strategies.map(({ strategy }) => strategy) ?? [];
  const rowHeight = TITLE_HEIGHT + names.length * BAR.step + AXIS_HEIGHT;
  const height = HEAD_HEIGHT + comparisons.length * rowHeight + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="DejaVu Sans, Arial, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    text(MARGIN, 36, 'Which agent gets which task: strategies in the same simulated worlds', {
      size: 20,
      bold: true,
    }),
    text(MARGIN, 58, 'Every chart begins at 0. Shorter bars are better, but for fairness.', { fill: '#444' }),
    ...legend(names),
    ...comparisons.flatMap((comparison, at) => row(comparison, HEAD_HEIGHT + at * rowHeight)),
    '</svg>\n',
  ].join('\n');
}

function legend(names: readonly string[]): string[] {
  const step = 132;
  const entries = names.flatMap((name, at) => [
    box(MARGIN + at * step, 72, 14, 14, colourOf(at)),
    text(MARGIN + at * step + 20, 84, name),
  ]);
  const x = MARGIN + names.length * step;
  return [
    ...entries,
    line(x + 7, 70, x + 7, 88, BOUND_COLOUR, true),
    text(x + 20, 84, 'no strategy can be left of this (bound)'),
  ];
}

function row({ scenario, seeds, strategies, bound }: Comparison, top: number): string[] {
  const worlds = seeds.length === 1 ? `seed ${seeds[0]}` : `mean of ${seeds.length} seeds`;
  const about = `${scenario.title}: load ${scenario.load}, ${worlds}`;
  const barsTop = top + TITLE_HEIGHT;
  return [
    line(MARGIN, top + 6, WIDTH - MARGIN, top + 6, '#ccc'),
    text(MARGIN, top + 28, about, { size: 15, bold: true }),
    ...strategies.map(({ strategy }, at) =>
      text(MARGIN + NAMES_WIDTH - 8, barsTop + at * BAR.step + 12, strategy, {
        anchor: 'end',
        bold: at === 0,
      }),
    ),
    ...PANELS.flatMap((panel, at) => {
      const x = MARGIN + NAMES_WIDTH + at * (PANEL.width + PANEL.gap);
      const values = strategies.map(({ mean }) => panel.valueOf(mean));
      return chart(panel, { x, top: barsTop, values, bound: panel.boundOf?.(bound.mean) });
    }),
  ];
}

interface ChartData {
  readonly x: number;
  readonly top: number;
  readonly values: readonly number[];
  readonly bound: number | undefined;
}

function chart({ title, unit }: Panel, { x, top, values, bound }: ChartData): string[] {
  const step = stepFor(Math.max(...values, bound ?? 0));
  const max = step * Math.max(1, Math.ceil(Math.max(...values, bound ?? 0) / step));
  const scale = (value: number): number => x + (PANEL.width * value) / max;
  const bottom = top + values.length * BAR.step;
  const ticks = Array.from({ length: Math.round(max / step) + 1 }, (_, at) => at * step);
  return [
    text(x, top - 10, title, { bold: true }),
    ...ticks.flatMap((value) => [
      line(scale(value), top - 2, scale(value), bottom, '#e4e4e4'),
      text(scale(value), bottom + 14, short(value), { anchor: 'middle', size: 11, fill: '#444' }),
    ]),
    text(x + PANEL.width / 2, bottom + 29, unit, { anchor: 'middle', size: 11, fill: '#444' }),
    ...values.flatMap((value, at) => {
      const y = top + at * BAR.step;
      const length = Math.max(1, scale(value) - x);
      return [
        box(x, y, length, BAR.height, colourOf(at)),
        text(x + length + 4, y + 12, short(value), { size: 11 }),
      ];
    }),
    line(x, top - 2, x, bottom, '#444'),
    ...(bound === undefined ? [] : [line(scale(bound), top - 4, scale(bound), bottom, BOUND_COLOUR, true)]),
  ];
}

/** Between two marks of an axis: 1, 2 or 5 times a power of ten, so that there are at most five. */
function stepFor(max: number): number {
  if (max <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(max));
  return [0.2, 0.5, 1, 2].map((factor) => factor * power).find((step) => max / step <= 5) ?? 2 * power;
}

function short(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return Number(value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0)).toString();
}

const colourOf = (at: number): string => COLOURS[at % COLOURS.length] ?? '#000';
const round = (value: number): number => Math.round(10 * value) / 10;

const box = (x: number, y: number, width: number, height: number, fill: string): string =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${height}" fill="${fill}"/>`;

const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, dashed = false): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${stroke}"` +
  `${dashed ? ' stroke-width="2" stroke-dasharray="4 3"' : ''}/>`;

interface TextStyle {
  readonly size?: number;
  readonly bold?: boolean;
  readonly anchor?: 'middle' | 'end';
  readonly fill?: string;
}

function text(x: number, y: number, content: string, { size, bold, anchor, fill }: TextStyle = {}): string {
  const style = [
    size === undefined ? '' : ` font-size="${size}"`,
    bold ? ' font-weight="bold"' : '',
    anchor === undefined ? '' : ` text-anchor="${anchor}"`,
    fill === undefined ? '' : ` fill="${fill}"`,
  ].join('');
  return `<text x="${round(x)}" y="${round(y)}"${style}>${escaped(content)}</text>`;
}

const escaped = (content: string): string => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
