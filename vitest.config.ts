import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'integrations/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts'],
    globalSetup: 'test/support/scratch.ts',
    // Servers, child processes and Argon2 at work on few cores; nothing here asserts a speed.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: Number(process.env['KEYSTEAD_TEST_WORKERS'] ?? 2),
  },
})
