import { defineConfig, mergeConfig } from 'vitest/config'
import usual from './vitest.config.ts'

/**
 * The tests that mutants of stryker.config.json have to get past. Stryker picks of each file the tests that reach a
 * mutant, so only files whose tests stand on their own are here.
 */
const tests = [
  'src/crypto/envelope.test.ts',
  'src/store/store.test.ts',
  'src/store/verify.test.ts',
  'src/http/gate.test.ts',
  'src/identity/tokens/*.test.ts',
  'src/identity/groups/groups.test.ts',
  'test/conformance/identity.test.ts',
  'test/promises/l4-tokens.test.ts',
]

const config = mergeConfig(usual, defineConfig({}))
export default { ...config, test: { ...config.test, include: tests } }
