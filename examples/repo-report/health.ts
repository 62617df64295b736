// The health task: open ends, the largest files, files without a test beside them, dependencies without an exact version.
import { basename } from 'node:path';
import { listFiles, readSource } from './files.ts';
import { progress, readTask, refuse, result, textInput } from './task.ts';

const SHOWN_MAX = 20;
const CODE = new Set(['TypeScript', 'JavaScript', 'Python', 'Rust', 'Go', 'Java', 'C#', 'Ruby', 'PHP']);
const isTest = (path: string) => /(^|[/_.-])(tests?|spec|specs|fixtures|__tests__)([/_.-]|$)/i.test(path);
const stem = (path: string) =>
  basename(path)
    .replace(/\.[^.]+$/, '')
    .replace(/[._-](test|spec)$/i, '')
    .replace(/^test[_-]/i, '');

/** Versions that name exactly one release, or a place of the same repository. */
const isPinned = (version: string) =>
  /^\d+\.\d+\.\d+([-+][\w.-]+)?$|^(workspace|catalog|file|link):/.test(version);

function unpinnedOf(path: string, text: string): string[] {
  let manifest: Record<string, unknown>;
  try {
    manifest = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return [`${path}: not JSON`];
  }
  return ['dependencies', 'devDependencies', 'optionalDependencies']
    .flatMap((group) => Object.entries((manifest[group] ?? {}) as Record<string, string>))
    .filter(([, version]) => !isPinned(version))
    .map(([name, version]) => `${path}: ${name}@${version}`);
}

const task = await readTask();
const root = textInput(task, 'path');
const files = await listFiles(root).catch((error: Error) => refuse(`cannot read ${root}: ${error.message}`));
const tested = new Set(files.filter(({ path }) => isTest(path)).map(({ path }) => stem(path)));

const openEnds: string[] = [];
const unpinned: string[] = [];
for (const [index, file] of files.entries()) {
  if (index % 200 === 0) progress(Math.round((index / files.length) * 100), file.path);
  const text = await readSource(root, file.path);
  if (text === undefined) continue;
  if (CODE.has(file.language)) {
    for (const [line, content] of text.split('\n').entries()) {
      if (/(\/\/|#|\*|--)\s*(TODO|FIXME)\b/.test(content))
        openEnds.push(`${file.path}:${line + 1}: ${content.trim().slice(0, 120)}`);
    }
  }
  if (basename(file.path) === 'package.json') unpinned.push(...unpinnedOf(file.path, text));
}
const untested = files.filter(
  ({ path, language, lines }) => CODE.has(language) && lines > 20 && !isTest(path) && !tested.has(stem(path)),
);

const listed = (list: string[]) => ({ count: list.length, first: list.slice(0, SHOWN_MAX) });
result({
  open_ends: listed(openEnds),
  largest: [...files]
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 10)
    .map(({ path, bytes, lines }) => ({ path, bytes, lines })),
  without_test: listed(untested.map(({ path }) => path)),
  unpinned: listed(unpinned),
});
