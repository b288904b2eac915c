import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { unsafeStart } from './harden.ts'

const module = JSON.stringify(new URL('./harden.ts', import.meta.url).href)

async function serverWith(code: string): Promise<ChildProcessWithoutNullStreams> {
  const script = `${code}; process.stdout.write('ready'); setInterval(() => {}, 1000)`
  const server = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: {},
    cwd: '/tmp',
  })
  await new Promise((ready) => server.stdout.once('data', ready))
  return server
}

/** What the process says on its standard error after the signal: Node announces its debugger there. */
async function saysAfter(server: ChildProcessWithoutNullStreams, signal: NodeJS.Signals) {
  let said = ''
  server.stderr.on('data', (text) => {
    said += text
  })
  server.kill(signal)
  await wait(400)
  return { said, alive: server.exitCode === null && server.signalCode === null }
}

describe.runIf(process.platform === 'linux')('a hardened process', () => {
  const harden = `const { hardenProcess } = await import(${module}); hardenProcess()`

  test('opens no debugger on SIGUSR1, survives SIGUSR2 and leaves memory out of core dumps', async () => {
    const server = await serverWith(harden)
    try {
      const filter = readFileSync(`/proc/${server.pid}/coredump_filter`, 'utf8')
      expect(Number.parseInt(filter, 16)).toBe(0)
      expect(readFileSync(`/proc/${server.pid}/status`, 'utf8')).toMatch(/Umask:\s+0077/)
      expect(await saysAfter(server, 'SIGUSR1')).toEqual({ said: '', alive: true })
      expect(await saysAfter(server, 'SIGUSR2')).toEqual({ said: '', alive: true })
    } finally {
      server.kill('SIGKILL')
    }
  })

  test('control: one that is not hardened does open it', async () => {
    const server = await serverWith('')
    try {
      expect((await saysAfter(server, 'SIGUSR1')).said).toContain('Debugger listening')
    } finally {
      server.kill('SIGKILL')
    }
  })
})

describe('a server that holds keys', () => {
  test('starts as it is meant to', () => {
    expect(
      unsafeStart({ PATH: '/bin', NODE_ENV: 'production' }, ['--disable-proto=delete']),
    ).toEqual([])
  })

  test.each([
    [{ NODE_OPTIONS: '--require /tmp/x' }, [], /NODE_OPTIONS/],
    [{ NODE_DEBUG: 'http' }, [], /NODE_DEBUG/],
    [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, [], /trusts every certificate/],
    [{}, ['--inspect'], /debugger/],
    [{}, ['--inspect-brk=0.0.0.0:9229'], /debugger/],
    [{}, ['--inspect_wait'], /debugger/],
    [{}, ['-r', 'x'], /loads other code/],
    [{}, ['--import=x'], /loads other code/],
    [{}, ['--tls-keylog=/tmp/x'], /TLS session keys/],
    [{}, ['--heapsnapshot-signal=SIGUSR2'], /memory to disk/],
    [{}, ['--report-on-signal'], /environment to disk/],
  ])('refuses to start with %j %j', (env, flags, sentence) => {
    expect(unsafeStart(env, flags)).toEqual([expect.stringMatching(sentence)])
  })
})
