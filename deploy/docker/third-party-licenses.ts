// The licences of the packages whose code a bundle contains: they ask to go along with it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LICENSE_FILE = /^(licen[cs]e|copying|notice)(\.|-|$)/i;

/** Name, version and licence of every package outside this repository that the modules (paths) come from, by name. */
export function thirdPartyLicenses(modules: readonly string[]): string {
  const dirs = new Set(modules.flatMap((module) => packageDir(module) ?? []));
  const texts = [...dirs].map((dir) => {
    const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
      license?: string;
    };
    const files = readdirSync(dir)
      .filter((file) => LICENSE_FILE.test(file))
      .sort();
    const words = files.map((file) => readFileSync(join(dir, file), 'utf8').trim());
    return [`${name} ${version} (${license ?? 'see below'})`, ...words].join('\n\n');
  });
  return `${[...new Set(texts)].sort().join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** The directory of the package in node_modules that a module belongs to; undefined for code of this repository. */
function packageDir(module: string): string | undefined {
  const path = module.replace(/^\0/, '').split('?', 1)[0] ?? '';
  const dir = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
  return dir !== undefined && existsSync(join(dir, 'package.json')) ? dir : undefined;
}
