// Walks a directory: every regular file that is not generated, vendored or hidden away, without following links.
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';

export interface SourceFile {
  path: string;
  bytes: number;
  lines: number;
  language: string;
}

const SKIPPED = new Set(['node_modules', 'dist', 'build', 'coverage', 'target', 'vendor', '__pycache__']);
/** Larger files are counted by size only: they are data, not source. */
const READ_BYTES_MAX = 2 * 1024 * 1024;
/** A directory with more files is reported on as far as this. */
export const FILES_MAX = 50_000;

const LANGUAGES: Readonly<Record<string, string>> = {
  '.ts': 'TypeScript',
  '.tsx': 'TypeScript',
  '.js': 'JavaScript',
  '.mjs': 'JavaScript',
  '.cjs': 'JavaScript',
  '.jsx': 'JavaScript',
  '.py': 'Python',
  '.rs': 'Rust',
  '.go': 'Go',
  '.java': 'Java',
  '.kt': 'Kotlin',
  '.c': 'C',
  '.h': 'C',
  '.cc': 'C++',
  '.cpp': 'C++',
  '.hpp': 'C++',
  '.cs': 'C#',
  '.rb': 'Ruby',
  '.php': 'PHP',
  '.sh': 'Shell',
  '.lua': 'Lua',
  '.sql': 'SQL',
  '.html': 'HTML',
  '.css': 'CSS',
  '.md': 'Markdown',
  '.json': 'JSON',
  '.yaml': 'YAML',
  '.yml': 'YAML',
  '.toml': 'TOML',
};

async function* walk(root: string, folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
    if (entry.name.startsWith('.') || SKIPPED.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(root, path);
    else if (entry.isFile()) yield relative(root, path);
  }
}

/** Text of a file, or undefined when it is too large or binary. */
export async function readSource(root: string, path: string): Promise<string | undefined> {
  const full = join(root, path);
  if ((await stat(full)).size > READ_BYTES_MAX) return undefined;
  const bytes = await readFile(full);
  return bytes.includes(0) ? undefined : bytes.toString('utf8');
}

/** The files below a directory, in the order of their paths. */
export async function listFiles(root: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for await (const path of walk(root, root)) {
    if (files.length === FILES_MAX) break;
    const text = await readSource(root, path);
    files.push({
      path,
      bytes: (await stat(join(root, path))).size,
      lines: text === undefined || text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
      language: LANGUAGES[extname(path).toLowerCase()] ?? 'other',
    });
  }
  return files;
}
