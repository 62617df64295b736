// A service as small as it gets: it listens, says where, is ready after a while, and starts a process that outlives it.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const { NOVA_HTTP_PORT = '0', NOVA_HOME = '.', SMALL_MODE = 'good' } = process.env;

function log(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

if (SMALL_MODE === 'refuses') {
  log({ msg: 'NOVA_SOMETHING is missing' });
  process.exit(78);
}

spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref();
writeFileSync(join(NOVA_HOME, 'admin.key'), 'the-key\n', { mode: 0o600 });

let asked = 0;
const server = createServer((request, response) => {
  asked += 1;
  const ready = request.url !== '/health/ready' || (SMALL_MODE === 'good' && asked > 2);
  response.writeHead(ready ? 200 : 503).end(JSON.stringify({ missing: ready ? [] : ['broker'] }));
});
server.listen(Number(NOVA_HTTP_PORT), '127.0.0.1', () => {
  log({ msg: 'listening', address: `http://127.0.0.1:${NOVA_HTTP_PORT}` });
  process.stderr.write('not json\n');
});
process.on('SIGTERM', () => {
  log({ msg: 'stopped' });
  process.exit(0);
});
