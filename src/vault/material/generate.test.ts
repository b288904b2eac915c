import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createKeyGenerator, type KeyGenerator, readSpec } from './index.ts'

const open: KeyGenerator[] = []
function generatorOf(options: Parameters<typeof createKeyGenerator>[0] = {}): KeyGenerator {
  const generator = createKeyGenerator(options)
  open.push(generator)
  return generator
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((generator) => generator.close()))
})

/** The processes that make keys for this one. */
function children(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return Number(parent) === process.pid && command.includes('generate-child')
      } catch {
        return false
      }
    })
}

const linux = process.platform === 'linux'
const rsa = readSpec({ algorithm: 'rsa' })
const aes = readSpec({})

describe('key generation', () => {
  test('makes a new key each time', async () => {
    const generator = generatorOf()
    const specs = [aes, readSpec({ algorithm: 'ec' }), readSpec({ algorithm: 'ml-kem' }), rsa]
    for (const spec of specs) {
      const made = await Promise.all([1, 2, 3].map(() => generator.generate(spec)))
      expect(new Set(made.map(({ secret }) => secret.reveal().toString('hex'))).size).toBe(3)
    }
  })

  test.runIf(linux)(
    'of RSA and SLH-DSA alone starts a process, of low priority and without our environment',
    async () => {
      vi.stubEnv('KEYSTEAD_CANARY', 'canary-in-the-environment')
      const generator = generatorOf()
      await generator.generate(aes)
      await generator.generate(readSpec({ algorithm: 'ec' }))
      expect(children()).toEqual([])
      await generator.generate(readSpec({ algorithm: 'slh-dsa', curveid: 'sha2-128f' }))
      const [pid, ...others] = children()
      expect(others).toEqual([])
      for (const task of readdirSync(`/proc/${pid}/task`)) {
        const fields = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8').split(') ')[1]
        expect(Number(fields?.split(' ')[16])).toBe(10)
      }
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('canary')
      expect(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8').trim()).toBe('00000000')
      vi.unstubAllEnvs()
    },
  )

  test.runIf(linux)('answers from the keys that lie ready once a size was asked for', async () => {
    const generator = generatorOf({ idleSeconds: 0.1 })
    await generator.generate(rsa)
    // The process ends when nothing is left to be made: then enough of them lie ready.
    await vi.waitFor(() => expect(children()).toEqual([]), 20_000)
    await generator.generate(rsa)
    const [pid = 0] = children()
    process.kill(pid, 'SIGSTOP')
    try {
      for (let taken = 1; taken < 4; taken++) await generator.generate(rsa)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })

  test.runIf(linux)('goes on when the process dies over it', async () => {
    const generator = generatorOf()
    const keys = [1, 2, 3, 4].map(() =>
      generator.generate(readSpec({ algorithm: 'rsa', size: 3072 })),
    )
    for (const pid of children()) process.kill(pid, 'SIGKILL')
    const sizes = (await Promise.all(keys)).map(({ publicSpki }) => publicSpki?.length)
    expect(new Set(sizes)).toEqual(new Set([422]))
  })

  test('that is asked of too much says so', async () => {
    const generator = generatorOf({ atOnce: 1, maxWaiting: 2 })
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => generator.generate(rsa)),
    )
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused).toHaveLength(5)
    for (const { reason } of refused) expect(reason).toMatchObject({ kind: 'too-many-requests' })
  })

  test.runIf(linux)(
    'leaves no process when the server stops, and answers whoever waits',
    async () => {
      const generator = generatorOf()
      const waits = generator
        .generate(readSpec({ algorithm: 'rsa', size: 4096 }))
        .catch((failure: unknown) => failure)
      await vi.waitFor(() => expect(children()).toHaveLength(1))
      await generator.close()
      expect(await waits).toMatchObject({ kind: 'unavailable' })
      expect(children()).toEqual([])
      await expect(generator.generate(rsa)).rejects.toMatchObject({ kind: 'unavailable' })
      expect((await generator.generate(aes)).secret.length).toBe(32)
    },
  )
})
