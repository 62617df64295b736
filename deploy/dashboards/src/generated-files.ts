import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { stringify } from 'yaml';
import { agents } from './dashboards/agents.ts';
import { broker } from './dashboards/broker.ts';
import { fleet } from './dashboards/fleet.ts';
import { gateway } from './dashboards/gateway.ts';
import { slo } from './dashboards/slo.ts';
import { streams } from './dashboards/streams.ts';
import { tasks } from './dashboards/tasks.ts';
import { rulesFile } from './recording-rules.ts';

/** All dashboards, in the order a person looks at them. */
export const DASHBOARDS: readonly Dashboard[] = [fleet, tasks, streams, agents, gateway, broker, slo];

const HOME = 'deploy/dashboards';
/** Where the dashboards lie on the machine of Grafana. */
const MOUNTED_AT = '/var/lib/grafana-dashboards';
const WRITTEN = '# Written by `pnpm dashboards` from deploy/dashboards/src/generated-files.ts.\n';

const datasources = {
  apiVersion: 1,
  datasources: [
    {
      name: 'Prometheus',
      uid: 'prometheus',
      type: 'prometheus',
      access: 'proxy',
      url: 'http://prometheus:9090',
      isDefault: true,
      // The interval of scrapes: Grafana chooses windows of rates that hold four of them.
      jsonData: { httpMethod: 'POST', timeInterval: '15s' },
    },
  ],
};

const providers = {
  apiVersion: 1,
  providers: [
    {
      name: 'nova-torch',
      folder: 'Nova-Torch',
      type: 'file',
      allowUiUpdates: false,
      options: { path: MOUNTED_AT },
    },
  ],
};

/** Every file that is made from the tables: its path from the root of the repository, and its text. */
export function generatedFiles(): Map<string, string> {
  return new Map([
    ...DASHBOARDS.map((one): [string, string] => [
      `${HOME}/grafana/${one.uid}.json`,
      `${JSON.stringify(one, undefined, 2)}\n`,
    ]),
    [`${HOME}/provisioning/datasources/prometheus.yaml`, WRITTEN + stringify(datasources)],
    [`${HOME}/provisioning/dashboards/nova-torch.yaml`, WRITTEN + stringify(providers)],
    ['deploy/alerts/recording.rules.yml', rulesFile()],
  ]);
}
