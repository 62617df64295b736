// What runs in the broker says what it does, takes and returns, and why a repeat is safe.
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SCRIPT_HEADER_PARTS } from '@nova-torch/streams';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const scripts = globSync('{packages,services}/*/src/**/*.lua', { cwd: root });

test('there are scripts', () => {
  expect(scripts.length).toBeGreaterThan(30);
});

test.each(scripts)('%s has its contract, and somebody who loads it', (script) => {
  const file = join(root, script);
  const header = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('--'));
  expect(header[0]).toBe(`-- ${basename(script, '.lua')}`);
  for (const part of SCRIPT_HEADER_PARTS) expect(header.join('\n')).toContain(`-- ${part}:`);
  const neighbours = globSync(['*.ts', '../*.ts'], { cwd: dirname(file) });
  const loads = neighbours.some((name) =>
    readFileSync(join(dirname(file), name), 'utf8').includes(`${basename(script)}'`),
  );
  expect(loads).toBe(true);
});
