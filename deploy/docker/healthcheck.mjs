// HEALTHCHECK of the images: exit code 0 while the service in this container says that it is ready.
import { get } from 'node:http';

const port = process.env.NOVA_HTTP_PORT ?? 7400;
const request = get({ host: '127.0.0.1', port, path: '/health/ready', timeout: 2_000 }, (response) => {
  response.setEncoding('utf8').on('data', (text) => process.stdout.write(text));
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
request.on('timeout', () => request.destroy(new Error('no answer within 2 s')));
request.on('error', (error) => {
  process.stdout.write(error.message);
  process.exitCode = 1;
});
