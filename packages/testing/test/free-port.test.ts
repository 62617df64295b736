import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isPortFree } from '@nova-torch/cli/own-broker';
import { freePort } from '@nova-torch/testing';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const FREE_PORT = new URL('../src/free-port.ts', import.meta.url).href;

/** What another process is told of a port, as the error of binding it by UDP or "free". */
async function elsewhere(port: number): Promise<string> {
  const code = `const s = require('node:dgram').createSocket('udp4');
    s.on('error', (error) => console.log(error.code));
    s.bind({ port: ${port}, address: '127.0.0.1', exclusive: true }, () => { console.log('free'); s.close(); });`;
  return (await run(process.execPath, ['-e', code])).stdout.trim();
}

it('is kept from other processes, and from the next call, while this one lives', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  expect(new Set(ports).size).toBe(50);
  for (const port of ports) expect(await isPortFree(port)).toBe(true);
  expect(await elsewhere(ports[0] ?? 0)).toBe('EADDRINUSE');
});

it('does not keep the process that asked for it, and ends with it', async () => {
  const code = `import(${JSON.stringify(FREE_PORT)}).then(async ({ freePort }) => console.log(await freePort()))`;
  const { stdout } = await run(process.execPath, ['--conditions=source', '-e', code]);
  const port = Number(stdout);
  expect(port).toBeGreaterThan(0);
  expect(await elsewhere(port)).toBe('free');
});
