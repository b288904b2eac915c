import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createPasswordHasher, dummyHash, type PasswordHasher } from './passwords.ts'

const open: PasswordHasher[] = []
function hasherOf(options: Parameters<typeof createPasswordHasher>[0] = {}): PasswordHasher {
  const hasher = createPasswordHasher(options)
  open.push(hasher)
  return hasher
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((hasher) => hasher.close()))
})

/** The processes that hash for this one. */
function children(of = process.pid): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return Number(parent) === of && command.includes('passwords-child')
      } catch {
        return false
      }
    })
}

const linux = process.platform === 'linux'

describe('user passwords', () => {
  test('are kept as Argon2id with 19 MiB, two passes and a salt of their own', async () => {
    const hasher = hasherOf()
    const [one, two] = await Promise.all([hasher.hash('Pässwörd 1'), hasher.hash('Pässwörd 1')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
    expect(two).not.toBe(one)
    expect(await hasher.verify(one, 'Pässwörd 1')).toBe(true)
    expect(await hasher.verify(one, 'Pässwörd 2')).toBe(false)
    expect(await hasher.verify(one, 'Pa\u0308ssw\u00f6rd 1')).toBe(false)
    expect(await hasher.verify(one, '')).toBe(false)
  })

  test('of users that do not exist are refused after the same work', async () => {
    const hasher = hasherOf({ atOnce: 1 })
    const real = await hasher.hash('right')
    const dummy = dummyHash()
    expect(dummy.replace(/\$[^$]+\$[^$]+$/, '')).toBe(real.replace(/\$[^$]+\$[^$]+$/, ''))
    expect(dummy).toHaveLength(real.length)
    expect(dummyHash()).not.toBe(dummy)
    const quickest = async (phc: string, password: string, expected: boolean) => {
      const times: number[] = []
      for (let i = 0; i < 7; i++) {
        const start = performance.now()
        expect(await hasher.verify(phc, password)).toBe(expected)
        times.push(performance.now() - start)
      }
      return Math.min(...times)
    }
    const [right, wrong, none] = [
      await quickest(real, 'right', true),
      await quickest(real, 'wrong', false),
      await quickest(dummy, 'wrong', false),
    ]
    // Other work on the machine makes a run slower, never quicker: only work that is skipped altogether fails this.
    for (const time of [wrong, none]) expect(time).toBeGreaterThan(right / 3)
  })

  test('that cannot be checked are an error, not a wrong password', async () => {
    await expect(hasherOf().verify('not a hash', 'x')).rejects.toThrow('malformed')
  })

  test('wait in a queue with an end, past which sign-ins are told to come again', async () => {
    const hasher = hasherOf({ maxWaiting: 3, atOnce: 1 })
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => hasher.verify(dummyHash(), 'x')),
    )
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused).toHaveLength(6)
    for (const { reason } of refused) expect(reason).toMatchObject({ kind: 'too-many-requests' })
    expect(await hasher.verify(dummyHash(), 'x')).toBe(false)
  })

  test.runIf(linux)(
    'are hashed in a process that starts when needed and ends when idle',
    async () => {
      const hasher = hasherOf({ idleSeconds: 0.2 })
      expect(children()).toEqual([])
      await hasher.verify(dummyHash(), 'x')
      expect(children()).toHaveLength(1)
      await vi.waitFor(() => expect(children()).toEqual([]), 5000)
      expect(await hasher.verify(dummyHash(), 'x')).toBe(false)
    },
  )

  test.runIf(linux)(
    'are hashed at low priority, without our environment, out of sight of ps',
    async () => {
      vi.stubEnv('KEYSTEAD_CANARY', 'canary-in-the-environment')
      const hasher = hasherOf()
      const phc = await hasher.hash('canary-password')
      const [pid] = children()
      for (const task of readdirSync(`/proc/${pid}/task`)) {
        const fields = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8').split(') ')[1]
        expect(Number(fields?.split(' ')[16]), `nice of thread ${task}`).toBe(10)
      }
      const seen = ['environ', 'cmdline'].map((name) =>
        readFileSync(`/proc/${pid}/${name}`, 'utf8'),
      )
      expect(seen.join()).not.toContain('canary')
      expect(seen.join()).not.toContain(phc)
      expect(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8').trim()).toBe('00000000')
      vi.unstubAllEnvs()
    },
  )

  test.runIf(linux)('are still checked when the process dies over them', async () => {
    const hasher = hasherOf()
    const phc = await hasher.hash('right')
    const checks = Array.from({ length: 6 }, (_, i) =>
      hasher.verify(phc, i % 2 ? 'right' : 'wrong'),
    )
    for (const pid of children()) process.kill(pid, 'SIGKILL')
    expect(await Promise.all(checks)).toEqual([false, true, false, true, false, true])
  })

  test.runIf(linux)('that keep killing the process fail, and the next ones work', async () => {
    const hasher = hasherOf({ atOnce: 1 })
    const check = hasher.verify(dummyHash(), 'x').catch((failure: unknown) => failure)
    const killer = setInterval(() => {
      for (const pid of children()) process.kill(pid, 'SIGKILL')
    }, 2)
    expect(await check).toMatchObject({ kind: 'unavailable' })
    clearInterval(killer)
    expect(await hasher.verify(dummyHash(), 'x')).toBe(false)
  })

  test.runIf(linux)('leave no process behind when the server is killed', async () => {
    const script = `import { createPasswordHasher, dummyHash } from ${JSON.stringify(new URL('./passwords.ts', import.meta.url).href)}
      await createPasswordHasher().verify(dummyHash(), 'x')
      process.stdout.write('ready')
      setInterval(() => {}, 1000)`
    const server = spawn(process.execPath, ['--input-type=module', '-e', script])
    try {
      await new Promise((ready) => server.stdout.once('data', ready))
      const [child] = children(server.pid)
      expect(child).toBeDefined()
      process.kill(Number(child), 'SIGTERM')
      await wait(100)
      expect(existsSync(`/proc/${child}`), 'a signal to all does not stop it').toBe(true)
      server.kill('SIGKILL')
      await vi.waitFor(() => expect(existsSync(`/proc/${child}`)).toBe(false), 5000)
    } finally {
      server.kill('SIGKILL')
    }
  })

  test('are no longer checked once the server stops', async () => {
    const hasher = hasherOf()
    const check = hasher.verify(dummyHash(), 'x').catch((failure: unknown) => failure)
    await hasher.close()
    expect(await check).toMatchObject({ kind: 'unavailable' })
    await expect(hasher.hash('x')).rejects.toMatchObject({ kind: 'unavailable' })
  })
})
