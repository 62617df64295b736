// pnpm dashboards:page: the dashboards in a browser, without Grafana, from a Prometheus that runs already.

import { scriptOptions } from '@nova-torch/testing';
import { servePage } from './page/serve-page.ts';

const { values } = scriptOptions({
  name: 'pnpm dashboards:page',
  about: 'The dashboards in a browser, without Grafana, from a Prometheus that runs already.',
  options: {
    prometheus: { about: 'its address', default: 'http://127.0.0.1:9090' },
    minutes: { about: 'how far back', default: 60 },
    window: { about: 'at least four times the interval of scrapes', default: '1m' },
    port: { about: 'of the page; 0 for any', default: 0 },
  },
});

const page = await servePage({
  prometheus: values.prometheus,
  window: values.window,
  port: values.port,
  span() {
    const end = Math.floor(Date.now() / 1_000);
    return { start: end - values.minutes * 60, end };
  },
});
process.stdout.write(`${page.url} (Ctrl-C ends it)\n`);
