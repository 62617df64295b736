import { defineConfig } from 'vitest/config';

const conditions = ['source', 'node', 'import', 'default'];

// `pnpm test:containers`: one file after the other, because each starts a whole platform.
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/containers/**/*.test.ts'],
    fileParallelism: false,
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
