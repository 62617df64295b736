// `pnpm alerts [--runbooks URL/] [--dashboards URL]`: writes the rules and their tests. The links in alerts begin with what is given.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scriptOptions } from '@nova-torch/testing';
import { rulesFile, testsFile } from './rule-files.ts';
import { RULE_GROUPS } from './rule-groups.ts';

const { values } = scriptOptions({
  name: 'pnpm alerts',
  about: 'Writes the rules and their tests.',
  options: {
    runbooks: { about: 'what the links to runbooks begin with' },
    dashboards: { about: 'what the links to dashboards begin with' },
    output: { about: 'where the rules go; default where they are kept' },
  },
});
const links = {
  ...(values.runbooks !== undefined && { runbooks: values.runbooks }),
  ...(values.dashboards !== undefined && { dashboards: values.dashboards }),
};
const directory = join(import.meta.dirname, '..');
writeFileSync(values.output ?? join(directory, 'nova-torch.alerts.yml'), rulesFile(RULE_GROUPS, links));
// The tests are of the rules as they are kept here, with links from the repository.
writeFileSync(
  join(directory, 'tests', 'nova-torch.test.yml'),
  testsFile(RULE_GROUPS, '../nova-torch.alerts.yml'),
);
