import usual from './vitest.config.ts'

/**
 * The tests that mutants of stryker.config.json have to get past. Stryker picks of each file the tests that reach a
 * mutant, and starts the file anew for it: so these are tests of one module each, without a server around it.
 */
export default {
  ...usual,
  test: {
    ...usual.test,
    env: { KEYSTEAD_TEST_ONE_DATABASE: '1' },
    include: [
      'src/crypto/envelope.test.ts',
      'src/http/passage.test.ts',
      'src/identity/tokens/authenticate.test.ts',
      'src/identity/tokens/guessing.test.ts',
      'src/identity/tokens/jwt.test.ts',
      'src/store/chain.test.ts',
      'src/store/verify.test.ts',
    ],
  },
}
