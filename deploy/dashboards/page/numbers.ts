import { colourOf, type Field, type Line, lastOf } from './dashboard.ts';
import { inUnit } from './units.ts';

/** One number on the colour of the threshold it reaches. */
export function drawStat(body: HTMLElement, [line]: readonly Line[], field: Field): void {
  const value = line === undefined ? undefined : lastOf(line);
  if (value === undefined) return;
  const shown = document.createElement('div');
  shown.className = 'stat';
  shown.textContent = wordFor(value, field) ?? inUnit(value, field.unit);
  shown.style.background = colourOf(value, field);
  body.append(shown);
}

function wordFor(value: number, { mappings = [] }: Field): string | undefined {
  return mappings.map(({ options }) => options[String(value)]?.text).find((text) => text !== undefined);
}

/** The last value of each line as a bar. */
export function drawBars(body: HTMLElement, lines: readonly Line[], field: Field): void {
  const rows = lines
    .flatMap((line) => ({ name: line.name, value: line.values.at(-1) ?? undefined }))
    .filter((row): row is { name: string; value: number } => row.value !== undefined);
  const longest = Math.max(...rows.map(({ value }) => value), 1);
  const bars = document.createElement('div');
  bars.className = 'bars';
  for (const { name, value } of rows) {
    const [label, track, bar, figure] = ['span', 'div', 'i', 'span'].map((tag) =>
      document.createElement(tag),
    );
    if (!label || !track || !bar || !figure) continue;
    label.textContent = name;
    bar.style.width = `${(100 * value) / longest}%`;
    bar.style.background = colourOf(value, field);
    track.append(bar);
    figure.textContent = inUnit(value, field.unit);
    bars.append(label, track, figure);
  }
  body.append(bars);
}
