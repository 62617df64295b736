// pnpm dashboards:page: the dashboards in a browser, without Grafana, from a Prometheus that runs already.
import { parseArgs } from 'node:util';
import { servePage } from './page/serve-page.ts';

const { values } = parseArgs({
  options: {
    prometheus: { type: 'string', default: 'http://127.0.0.1:9090' },
    minutes: { type: 'string', default: '60' },
    /** At least four times the interval of scrapes. */
    window: { type: 'string', default: '1m' },
    port: { type: 'string', default: '0' },
  },
});

const page = await servePage({
  prometheus: values.prometheus,
  window: values.window,
  port: Number(values.port),
  span() {
    const end = Math.floor(Date.now() / 1_000);
    return { start: end - Number(values.minutes) * 60, end };
  },
});
process.stdout.write(`${page.url} (Ctrl-C ends it)\n`);
