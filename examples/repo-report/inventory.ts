// The inventory task: files, languages, lines and sizes of a directory.
import { FILES_MAX, listFiles } from './files.ts';
import { progress, readTask, refuse, result, textInput } from './task.ts';

const task = await readTask();
const root = textInput(task, 'path');
progress(10, `reading ${root}`);
const files = await listFiles(root).catch((error: Error) => refuse(`cannot read ${root}: ${error.message}`));

const languages = new Map<string, { files: number; lines: number; bytes: number }>();
for (const { language, lines, bytes } of files) {
  const sum = languages.get(language) ?? { files: 0, lines: 0, bytes: 0 };
  languages.set(language, { files: sum.files + 1, lines: sum.lines + lines, bytes: sum.bytes + bytes });
}
progress(90, `counted ${files.length} files`);
result({
  root,
  files: files.length,
  cut: files.length === FILES_MAX,
  lines: files.reduce((sum, file) => sum + file.lines, 0),
  bytes: files.reduce((sum, file) => sum + file.bytes, 0),
  languages: [...languages]
    .map(([language, sums]) => ({ language, ...sums }))
    .sort((a, b) => b.lines - a.lines || b.files - a.files),
});
