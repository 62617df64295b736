// Draws a dashboard from the JSON Grafana reads, with the answers of the same Prometheus. Not Grafana: a way to look at
// the dashboards, and to take pictures of them, where there is none.
import type { Dashboard, Panel, Settings } from './dashboard.ts';
import { drawLines } from './line-chart.ts';
import { drawBars, drawStat } from './numbers.ts';
import { ask } from './queries.ts';

const read = async <T>(path: string): Promise<T> => (await fetch(path)).json() as Promise<T>;

function placed(panel: Panel, tag: string, name: string): HTMLElement {
  const { x, y, w, h } = panel.gridPos;
  const element = document.createElement(tag);
  element.className = name;
  element.title = panel.description ?? '';
  element.style.gridArea = `${y + 1} / ${x + 1} / span ${h} / span ${w}`;
  return element;
}

async function draw(panel: Panel, settings: Settings, into: HTMLElement): Promise<void> {
  if (panel.type === 'row') {
    const row = placed(panel, 'div', 'row');
    row.textContent = panel.title;
    into.append(row);
    return;
  }
  const box = placed(panel, 'section', 'panel');
  const title = document.createElement('h2');
  title.textContent = panel.title;
  const body = document.createElement('div');
  body.className = 'body';
  box.append(title, body);
  into.append(box);
  const lines = await ask(panel, settings);
  const field = panel.fieldConfig?.defaults ?? {};
  if (lines.length === 0) box.classList.add('missing');
  else if (panel.type === 'stat') drawStat(body, lines, field);
  else if (panel.type === 'bargauge') drawBars(body, lines, field);
  else drawLines(body, lines, field, settings);
}

function element(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

async function show(): Promise<void> {
  const [all, settings] = await Promise.all([
    read<Dashboard[]>('/dashboards.json'),
    read<Settings>('/settings.json'),
  ]);
  const chosen = all.find(({ uid }) => uid === new URLSearchParams(location.search).get('uid')) ?? all[0];
  if (chosen === undefined) throw new Error('there are no dashboards');
  for (const { uid, title } of all) {
    const link = document.createElement('a');
    link.href = `/?uid=${uid}`;
    link.textContent = title.replace('Nova-Torch / ', '');
    link.classList.toggle('here', uid === chosen.uid);
    element('nav').append(link);
  }
  element('h1').textContent = chosen.title;
  element('header p').textContent = chosen.description;
  await Promise.all(chosen.panels.map((panel) => draw(panel, settings, element('main'))));
}

// Whoever takes a picture waits for one of the two.
show().then(
  () => document.body.classList.add('drawn'),
  (error: unknown) => {
    element('h1').textContent = String(error);
    document.body.classList.add('failed');
  },
);
