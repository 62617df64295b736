import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { helpTexts } from '@nova-torch/cli/program';
import { METRIC_TABLES } from '@nova-torch/metrics';
import {
  ERRORS,
  PLAN_NAMES,
  STREAMS,
  TASK_STATE_MEANING,
  TASK_STATES,
  TASK_TRANSITIONS,
} from '@nova-torch/protocol';
import { CONFIGURATION } from './doc-configuration.ts';

const root = join(import.meta.dirname, '..');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const code = (text: string) => `\`${text}\``;

function streamsTable(): string {
  return table(
    ['stream', 'kind', 'carries', 'written by', 'read by'],
    Object.values(STREAMS).map((row) => [
      code(`{nova.torch}.${row.name}`),
      row.kind,
      row.carries.map(code).join(' '),
      row.writtenBy.join(', '),
      row.readBy.join(', '),
    ]),
  );
}

function statesDiagram(): string {
  const lines = TASK_TRANSITIONS.map(({ from, to }) => `    ${from === 'none' ? '[*]' : from} --> ${to}`);
  return ['```mermaid', 'stateDiagram-v2', ...lines, '```'].join('\n');
}

const cliHelp = (): string =>
  helpTexts()
    .map(({ name, text }) => `## ${name}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\``)
    .join('\n\n');

function metricsTables(): string {
  return METRIC_TABLES.map(({ title, exportedBy, metrics }) => {
    const rows = Object.values(metrics).map(({ name, type, labels, help, buckets }) => [
      code(name),
      type,
      labels.map(code).join(', '),
      buckets.length === 0 ? help : `${help} Buckets: ${buckets.join(', ')}.`,
    ]);
    return `## ${title}\n\nExported by ${exportedBy}.\n\n${table(['name', 'type', 'labels', 'meaning'], rows)}`;
  }).join('\n\n');
}

/** What stands between `<!-- name -->` and `<!-- /name -->` in each document: made from the tables of the protocol. */
export const SECTIONS: readonly { file: string; name: string; make: () => string }[] = [
  { file: 'docs/STREAMS.md', name: 'streams', make: streamsTable },
  { file: 'docs/METRICS.md', name: 'metrics', make: metricsTables },
  {
    file: 'docs/TASK_STATES.md',
    name: 'states',
    make: () =>
      table(
        ['state', 'meaning'],
        TASK_STATES.map((state) => [code(state), TASK_STATE_MEANING[state]]),
      ),
  },
  { file: 'docs/TASK_STATES.md', name: 'diagram', make: statesDiagram },
  {
    file: 'docs/TASK_STATES.md',
    name: 'transitions',
    make: () =>
      table(
        ['from', 'to', 'when'],
        TASK_TRANSITIONS.map(({ from, to, when }) => [code(from), code(to), when]),
      ),
  },
  {
    file: 'docs/ERRORS.md',
    name: 'errors',
    make: () =>
      table(
        ['code', 'status', 'retry', 'meaning', 'what to do'],
        ERRORS.map((row) => [
          code(row.code),
          String(row.status),
          row.retryable ? 'yes' : 'no',
          row.title,
          row.hint,
        ]),
      ),
  },
  { file: 'docs/CLI.md', name: 'help', make: cliHelp },
  ...CONFIGURATION.map(({ name, rows }) => ({
    file: 'docs/CONFIGURATION.md',
    name,
    make: () => table(['variable', 'what it is', 'expects', 'unless given'], rows()),
  })),
  {
    file: 'docs/PLAN_NAMES.md',
    name: 'names',
    make: () =>
      table(
        ['name in the plans', 'kind', 'here', 'file'],
        PLAN_NAMES.map((row) => [code(row.plan), row.kind, row.here, code(row.file)]),
      ),
  },
];

/** The document's text with the section made anew. Throws when the markers are missing. */
export function withSection(text: string, name: string, body: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`the markers ${open} and ${close} are missing`);
  return `${text.slice(0, from + open.length)}\n${body}\n${text.slice(to)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const { file, name, make } of SECTIONS) {
    const path = join(root, file);
    writeFileSync(path, withSection(readFileSync(path, 'utf8'), name, make()));
  }
}
