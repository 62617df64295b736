// Every link from one of our documents to a file, or to a heading in one, leads somewhere.
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const documents = globSync('**/*.md', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist|\.[a-z]+)$/.test(path),
});

/** The anchor a heading gets where Markdown is shown. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

const withoutCode = (text: string): string => text.replace(/^```.*?^```$/gms, '');

function leadsNowhere(path: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? join(root, path) : join(root, dirname(path), file);
  if (!existsSync(target)) return true;
  if (anchor === undefined || statSync(target).isDirectory()) return false;
  const headings = [...withoutCode(readFileSync(target, 'utf8')).matchAll(/^#+ (.*)$/gm)];
  return !headings.some(([, heading = '']) => anchorOf(heading) === anchor);
}

it.each(documents)('%s', (path) => {
  const text = withoutCode(readFileSync(join(root, path), 'utf8'));
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => !/^[a-z]+:/.test(link) && leadsNowhere(path, link));
  expect(broken, relative(root, path)).toEqual([]);
});
