import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  createRootKeyFile,
  isMissing,
  parseRootKeySource,
  RootKeyRefused,
  readRootKey,
} from './root-key.ts'
import { weaknessOfKey, weaknessOfPassphrase } from './root-key-weak.ts'

const scratch = mkdtempSync(join(tmpdir(), 'keystead-root-key-'))
afterAll(() => rmSync(scratch, { recursive: true }))

let count = 0
/** A folder of its own, as the server makes them. */
function folder(mode = 0o700): string {
  const path = join(scratch, String(++count))
  mkdirSync(path)
  chmodSync(path, mode)
  return path
}

function file(text: string | Buffer, mode = 0o600): string {
  const path = join(folder(), 'root.key')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

function goodFile(mode = 0o600, parent = folder()): string {
  const path = join(parent, 'root.key')
  createRootKeyFile(path)
  chmodSync(path, mode)
  return path
}

const header = 'keystead-root-key:v1:'
const read = async (source: string, env: NodeJS.ProcessEnv = {}) =>
  readRootKey(parseRootKeySource(source), undefined, env)

async function refusal(source: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  return read(source, env).then(
    () => 'accepted',
    (failure: unknown) => {
      if (!(failure instanceof RootKeyRefused)) throw failure
      return failure.message
    },
  )
}

const asRoot = process.geteuid?.() === 0

describe('bad set-ups of the root key (R1)', () => {
  const openFolder = () => {
    const parent = folder()
    const path = goodFile(0o600, parent)
    chmodSync(parent, 0o777)
    return path
  }
  const ofOther = () => {
    const path = goodFile()
    // Only root can give files away; without that right, a file of root's stands in for it.
    if (asRoot) chownSync(path, 12_345, 12_345)
    return asRoot ? path : '/etc/hostname'
  }
  const link = () => {
    const path = join(folder(), 'link')
    symlinkSync(goodFile(), path)
    return path
  }
  const hardLink = () => {
    const path = goodFile()
    linkSync(path, `${path}.copy`)
    return path
  }
  const pipe = () => {
    const path = join(folder(), 'pipe')
    execFileSync('mkfifo', ['-m', '600', path])
    return path
  }
  const passphrase = (text: string | Buffer) => `passphrase-file:${file(text)}`
  const key = randomBytes(32)

  const setUps: [string, () => string, RegExp, NodeJS.ProcessEnv?][] = [
    ['the file is readable by all', () => `file:${goodFile(0o644)}`, /mode 0644.*chmod 600/],
    ['the file is readable by the group', () => `file:${goodFile(0o640)}`, /mode 0640/],
    ['the file is executable', () => `file:${goodFile(0o700)}`, /mode 0700/],
    ['the file belongs to another user', () => `file:${ofOther()}`, /belongs to user/],
    ['the file is a symbolic link', () => `file:${link()}`, /symbolic link/],
    ['the file has a second name', () => `file:${hardLink()}`, /hard links/],
    ['the file is a folder', () => `file:${folder(0o600)}`, /not a regular file/],
    ['the file is a pipe', () => `file:${pipe()}`, /not a regular file/],
    ['everybody may write to its folder', () => `file:${openFolder()}`, /Everybody may write/],
    ['the file does not exist', () => `file:${join(folder(), 'none')}`, /does not exist/],
    ['the file is empty', () => `file:${file('')}`, /is empty/],
    ['the file is too long', () => `file:${file(Buffer.alloc(5000, 65))}`, /longer than/],
    ['the file is something else', () => `file:${file(randomBytes(32))}`, /does not begin/],
    ['the key is cut', () => `file:${file(`${header}${'5a'.repeat(16)}\n`)}`, /32 bytes/],
    [
      'the second line is cut',
      () => `file:${file(`${header}${key.toString('hex')}\ninst`)}`,
      /damaged/,
    ],
    ['the key is zero', () => `file:${file(`${header}${'00'.repeat(32)}\n`)}`, /all zero/],
    ['the key is one byte', () => `file:${file(`${header}${'a7'.repeat(32)}\n`)}`, /over and over/],
    [
      'the key counts',
      () => `env:K`,
      /counts/,
      { K: Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('base64') },
    ],
    [
      'the key repeats itself',
      () => `env:K`,
      /repeats/,
      { K: randomBytes(16).toString('hex').repeat(2) },
    ],
    [
      'the key is text',
      () => 'env:K',
      /readable text/,
      { K: Buffer.from('my very secret root key, 32 char').toString('hex') },
    ],
    ['the variable is not set', () => 'env:K', /not set/],
    ['the variable is garbled', () => 'env:K', /not 32 bytes/, { K: `${key.toString('base64')}!` }],
    [
      'the variable is too short',
      () => 'env:K',
      /not 32 bytes/,
      { K: key.toString('hex').slice(2) },
    ],
    ['the passphrase is short', () => passphrase('hunter2\n'), /fewer than 12/],
    ['the passphrase is one character', () => passphrase('aaaaaaaaaaaaaaaa\n'), /over and over/],
    ['the passphrase counts', () => passphrase('1234567890123456\n'), /counts/],
    ['the passphrase repeats a word', () => passphrase('secretsecret\n'), /repeats/],
    ['the passphrase is well known', () => passphrase('Password-12345\n'), /everybody tries/],
    [
      'the passphrase is no text',
      () => passphrase(Buffer.from('ff00fe01fd02fc03fb04fa05', 'hex')),
      /not UTF-8/,
    ],
  ]

  test.each(setUps)('is refused when %s', async (_what, source, sentence, env) => {
    expect(await refusal(source(), env)).toMatch(sentence)
  })

  test.each(['', 'file:', 'env:', 'env:A B', 'vault:/x', '/etc/key', 'FILE:/x'])(
    'is refused when it is given as %j',
    async (source) => {
      expect(() => parseRootKeySource(source)).toThrow(RootKeyRefused)
    },
  )

  test('is never repeated in the sentence', async () => {
    const secret = randomBytes(32).toString('hex')
    expect(() => parseRootKeySource(secret)).toThrow(/must be given as/)
    expect(() => parseRootKeySource(secret)).not.toThrow(secret)
    expect(await refusal('env:K', { K: secret.slice(1) })).not.toContain(secret.slice(1, 20))
  })
})

describe('a good root key', () => {
  test('is made in a file of ours alone, whatever the umask', async () => {
    const before = process.umask(0)
    try {
      const path = goodFile()
      expect(statSync(path).mode & 0o7777).toBe(0o600)
      const key = await read(`file:${path}`)
      expect(key.key.symmetricKeySize).toBe(32)
      expect(key.installation).toBeUndefined()
    } finally {
      process.umask(before)
    }
  })

  test('never overwrites what is there', () => {
    const path = goodFile()
    const before = readFileSync(path)
    expect(() => createRootKeyFile(path)).toThrow(/exists already/)
    expect(readFileSync(path).equals(before)).toBe(true)
    const dangling = join(folder(), 'dangling')
    symlinkSync(join(scratch, 'nowhere'), dangling)
    expect(() => createRootKeyFile(dangling)).toThrow(/exists already/)
    expect(isMissing(parseRootKeySource(`file:${dangling}`))).toBe(false)
  })

  test('is the same key from a file, from base64 and from hexadecimal', async () => {
    const bytes = randomBytes(32)
    const keys = await Promise.all([
      read(`file:${file(`${header}${bytes.toString('hex')}\n`, 0o400)}`),
      read('env:K', { K: bytes.toString('base64') }),
      read('env:K', { K: bytes.toString('base64url') }),
      read('env:K', { K: ` ${bytes.toString('hex').toUpperCase()}\n` }),
    ])
    for (const key of keys) {
      expect(key.key.export().equals(bytes)).toBe(true)
      expect(key.id).toBe(keys[0]?.id)
      expect(key.id).not.toContain(bytes.toString('hex').slice(0, 8))
    }
  })

  test('comes from a passphrase and its salt, whatever ends the line', async () => {
    const source = (text: string) => parseRootKeySource(`passphrase-file:${file(text)}`)
    const first = await readRootKey(source('eleven blue herons\n'))
    expect(first.salt).toHaveLength(16)
    const same = await readRootKey(source('eleven blue herons\r\n'), first.salt)
    const otherSalt = await readRootKey(source('eleven blue herons'))
    const otherText = await readRootKey(source('Eleven blue herons'), first.salt)
    expect(same.id).toBe(first.id)
    expect(otherSalt.id).not.toBe(first.id)
    expect(otherText.id).not.toBe(first.id)
  })

  test('is not taken for a weak one', () => {
    for (let i = 0; i < 5000; i++) expect(weaknessOfKey(randomBytes(32))).toBeUndefined()
    for (const text of [
      'eleven blue herons',
      'пароль-для-сервера',
      'k9#Vw2!qLm4z',
      'password of my cat: 7',
    ]) {
      expect(weaknessOfPassphrase(Buffer.from(text)), text).toBeUndefined()
    }
  })
})
