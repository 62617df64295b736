import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript sources, so coverage counts what runs.
const conditions = ['source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      '{packages,services}/*/{src,test}/**/*.test.ts',
      'test/**/*.test.ts',
      'scripts/**/*.test.{ts,mjs}',
    ],
    // `pnpm test:containers` runs those, with a configuration of its own.
    exclude: ['test/containers/**', '**/node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 3,
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts', 'services/*/src/**/*.ts'],
      // container-broker.ts runs where a Docker engine is: NOVA_TEST_BROKER=docker.
      exclude: ['**/generated/**', '**/*.test.ts', 'packages/testing/src/container-broker.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
    },
  },
});
