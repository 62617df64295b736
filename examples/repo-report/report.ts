// The report task: makes report.md out of the results of the two tasks it depends on.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { progress, readTask, refuse, result, textInput } from './task.ts';

interface Inventory {
  root: string;
  files: number;
  cut: boolean;
  lines: number;
  bytes: number;
  languages: { language: string; files: number; lines: number; bytes: number }[];
}
interface Listed {
  count: number;
  first: string[];
}
interface Health {
  open_ends: Listed;
  largest: { path: string; bytes: number; lines: number }[];
  without_test: Listed;
  unpinned: Listed;
}

const kib = (bytes: number) => `${(bytes / 1024).toLocaleString('en', { maximumFractionDigits: 1 })} KiB`;
const number = (value: number) => value.toLocaleString('en');

function section(title: string, { count, first }: Listed): string[] {
  const more = count > first.length ? [`- … and ${number(count - first.length)} more`] : [];
  return [
    `## ${title}: ${number(count)}`,
    '',
    ...(count ? [...first.map((line) => `- \`${line}\``), ...more] : ['None.']),
    '',
  ];
}

function markdown(inventory: Inventory, health: Health): string {
  return [
    `# Report on ${inventory.root}`,
    '',
    `${number(inventory.files)} files${inventory.cut ? ' (and more that were not read)' : ''}, ${number(inventory.lines)} lines, ${kib(inventory.bytes)}.`,
    '',
    '| language | files | lines | size |',
    '| --- | ---: | ---: | ---: |',
    ...inventory.languages.map(
      (row) => `| ${row.language} | ${number(row.files)} | ${number(row.lines)} | ${kib(row.bytes)} |`,
    ),
    '',
    '## Largest files',
    '',
    ...health.largest.map(({ path, bytes, lines }) => `- \`${path}\`: ${kib(bytes)}, ${number(lines)} lines`),
    '',
    ...section('TODO and FIXME', health.open_ends),
    ...section('Source files without a test of their name', health.without_test),
    ...section('Dependencies without an exact version', health.unpinned),
  ].join('\n');
}

const task = await readTask();
const output = textInput(task, 'output');
const results = Object.values(task.dependency_results);
const inventory = results.find(
  (one): one is Inventory => typeof one === 'object' && one !== null && 'languages' in one,
);
const health = results.find(
  (one): one is Health => typeof one === 'object' && one !== null && 'open_ends' in one,
);
if (!inventory || !health) refuse('needs the results of an inventory task and a health task');
progress(50, 'writing');
await mkdir(dirname(output), { recursive: true });
// Written beside and renamed: nobody ever sees half a report, also when two attempts meet.
await writeFile(`${output}.${process.pid}`, markdown(inventory, health));
await rename(`${output}.${process.pid}`, output);
result({ report: output, files: inventory.files, lines: inventory.lines });
