// Bundles what the images run: `node deploy/docker/bundle.ts OUT` writes OUT/<image>/app, a directory per image that
// holds everything Node needs there and nothing else.
//
// A bundle lies where the build of its package would (services/<name>/dist), all its files side by side: so a path
// computed from import.meta leads to the same places, and a script read with `new URL('./x.lua', import.meta.url)` is
// found beside whichever chunk its code got into. What is imported dynamically stays a chunk of its own, loaded on use.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { thirdPartyLicenses } from './third-party-licenses.ts';

const root = resolve(import.meta.dirname, '../..');
const SWAGGER_UI = 'services/gateway/node_modules/@fastify/swagger-ui/static';

interface Part {
  /** The package whose `src/main.ts` is bundled. */
  package: string;
  /** What it reads at run time: [from, to], `from` in the repository, `to` in the image's /app. */
  files: readonly (readonly [from: string, to: string])[];
}

const atSamePlace = (path: string) => [path, path] as const;
const CLI: Part = { package: 'packages/cli', files: [] };
const service = (name: string, files: Part['files'] = []): Part => ({ package: `services/${name}`, files });

/** What is in each image. The spawner starts agent hosts, which are the `nova-torch` command. */
const IMAGES: Readonly<Record<string, readonly Part[]>> = {
  registry: [service('registry')],
  'task-router': [service('task-router', [atSamePlace('deploy/config/taxonomy.yaml')])],
  spawner: [
    service('spawner', [atSamePlace('deploy/config/templates.yaml'), atSamePlace('examples/repo-report')]),
    CLI,
  ],
  collaboration: [service('collaboration')],
  gateway: [service('gateway', [[SWAGGER_UI, 'services/gateway/dist/static']])],
  cli: [CLI],
};

const ASSET = /new URL\(\s*'([^']+\.(?:lua|sh))',\s*import\.meta\.url/g;

/** Puts the scripts that bundled code reads beside it. Fails on two different ones of one name. */
function scriptsBesideCode(): Plugin {
  const found = new Map<string, string>();
  return {
    name: 'scripts-beside-code',
    transform: {
      filter: { id: /\.ts$/, code: 'import.meta.url' },
      handler(code, id) {
        const moved = code.replaceAll(ASSET, (whole, specifier: string) => {
          const file = resolve(dirname(id), specifier);
          const name = basename(file);
          const other = found.get(name);
          if (other !== undefined && other !== file)
            this.error(`two scripts named ${name}: ${other}, ${file}`);
          found.set(name, file);
          return whole.replace(specifier, `./${name}`);
        });
        return { code: moved, map: null };
      },
    },
    generateBundle() {
      for (const [fileName, file] of found) {
        this.emitFile({ type: 'asset', fileName, source: readFileSync(file) });
      }
    },
  };
}

/** @fastify/swagger-ui reads its pages from beside its own files, which are in the bundle now. */
function swaggerPagesBesideCode(): Plugin {
  return {
    name: 'swagger-pages-beside-code',
    transform: {
      filter: { id: /@fastify\/swagger-ui\/lib\/routes\.js$/ },
      handler(code) {
        const moved = code.replace("path.join(__dirname, '..', 'static')", "path.join(__dirname, 'static')");
        if (moved === code) this.error('@fastify/swagger-ui looks for its pages elsewhere now');
        return { code: moved, map: null };
      },
    },
  };
}

async function bundlePart(part: Part, app: string): Promise<string[]> {
  const bundle = await rolldown({
    input: { main: join(root, part.package, 'src/main.ts') },
    platform: 'node',
    tsconfig: false,
    resolve: { conditionNames: ['source', 'node', 'import', 'default'] },
    transform: { target: 'node24', define: { __dirname: 'import.meta.dirname' } },
    plugins: [scriptsBesideCode(), swaggerPagesBesideCode()],
    onLog: (level, log, report) =>
      report(level === 'warn' && log.code === 'UNRESOLVED_IMPORT' ? 'error' : level, log),
  });
  const { output } = await bundle.write({
    dir: join(app, part.package, 'dist'),
    format: 'es',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
  await bundle.close();
  for (const [from, to] of part.files) {
    const place = join(app, to);
    mkdirSync(dirname(place), { recursive: true });
    cpSync(join(root, from), place, { recursive: true });
  }
  return output
    .filter((file): file is OutputChunk => file.type === 'chunk')
    .flatMap((chunk) => chunk.moduleIds);
}

async function bundleImage(image: string, parts: readonly Part[], out: string): Promise<void> {
  const app = join(out, image, 'app');
  rmSync(app, { recursive: true, force: true });
  mkdirSync(app, { recursive: true });
  const modules: string[] = [];
  for (const part of parts) modules.push(...(await bundlePart(part, app)));
  writeFileSync(join(app, 'package.json'), '{"private":true,"type":"module"}\n');
  writeFileSync(join(app, 'THIRD_PARTY_LICENSES'), thirdPartyLicenses(modules));
  cpSync(join(import.meta.dirname, 'healthcheck.mjs'), join(app, 'healthcheck.mjs'));
  const licence = join(root, 'LICENSE');
  if (existsSync(licence)) cpSync(licence, join(app, 'LICENSE'));
}

const [out] = process.argv.slice(2);
if (out === undefined) {
  process.stderr.write('usage: node deploy/docker/bundle.ts OUT\n');
  process.exit(2);
}
for (const [image, parts] of Object.entries(IMAGES)) await bundleImage(image, parts, resolve(out));
