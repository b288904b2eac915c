import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { report } from './promise.ts'

interface Entry {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly devOptional?: boolean
  readonly hasInstallScript?: boolean
  readonly link?: boolean
  readonly license?: string
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface Lock {
  readonly lockfileVersion: number
  readonly packages: Readonly<Record<string, Entry>>
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'))
const manifest = read('package.json') as Manifest
const lock = read('package-lock.json') as Lock

const MOST_DIRECT = 20
const MOST_IN_ALL = 120
/** Packages whose install scripts do nothing that is needed: `npm ci --ignore-scripts` is enough. */
const scriptsNotNeeded = new Set(['fsevents'])

const nameOf = (path: string) =>
  path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** What is wrong with the packages that would be installed. */
function findings(
  { dependencies, devDependencies, optionalDependencies }: Manifest,
  { lockfileVersion, packages }: Lock,
) {
  const found: string[] = []
  const installed = Object.entries(packages).filter(([path]) => path !== '')
  // The program's own platform binaries are optional and counted apart, as are those of native parts.
  const runtime = new Set(
    installed
      .filter(([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional)
      .map(([path]) => nameOf(path)),
  )
  const direct = Object.keys(dependencies ?? {})
  if (lockfileVersion < 3) found.push(`the lock file has version ${lockfileVersion}`)
  if (direct.length > MOST_DIRECT) found.push(`${direct.length} direct dependencies`)
  if (runtime.size > MOST_IN_ALL) found.push(`${runtime.size} dependencies at run time`)
  for (const [name, wanted] of Object.entries({
    ...dependencies,
    ...devDependencies,
    ...optionalDependencies,
  })) {
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(wanted)) found.push(`${name} is not pinned: ${wanted}`)
    const locked = packages[`node_modules/${name}`]?.version
    if (locked !== undefined && locked !== wanted)
      found.push(`${name} is locked at ${locked}, and not ${wanted}`)
    if (locked === undefined && !(name in (optionalDependencies ?? {})))
      found.push(`${name} is not in the lock file`)
  }
  for (const [path, { version, resolved, integrity, hasInstallScript, link }] of installed) {
    const name = nameOf(path)
    if (link) found.push(`${path} is a link`)
    if (!integrity?.startsWith('sha512-')) found.push(`${path} has no SHA-512`)
    // Where no source is written the registry is asked, and the hash decides.
    const expected = `https://registry.npmjs.org/${name}/-/${name.replace(/^@[^/]+\//, '')}-${version}.tgz`
    if (resolved !== undefined && resolved !== expected)
      found.push(`${path} comes from ${resolved}`)
    if (hasInstallScript && !scriptsNotNeeded.has(name))
      found.push(`${path} wants to run an install script`)
  }
  return { found, direct: direct.length, runtime: runtime.size }
}

test('D1: dependencies are few, pinned, known by their hash, and run nothing when they are installed', () => {
  const { found, direct, runtime } = findings(manifest, lock)
  report(
    'D1',
    `${direct} direct dependencies, ${runtime} in all at run time, ${found.length} findings in ${Object.keys(lock.packages).length - 1} locked packages`,
  )
  expect(found).toEqual([])
})

test('the harness notices a range, a foreign source, a missing hash, a script, and too many of them', () => {
  const whole = {
    version: '1.0.0',
    resolved: 'https://registry.npmjs.org/good/-/good-1.0.0.tgz',
    integrity: 'sha512-x',
  }
  const check = (wanted: string, entry: Entry) =>
    findings(
      { dependencies: { good: wanted } },
      { lockfileVersion: 3, packages: { '': {}, 'node_modules/good': entry } },
    ).found
  expect(check('1.0.0', whole)).toEqual([])
  expect(check('^1.0.0', whole)).toHaveLength(2)
  expect(check('1.0.0', { ...whole, resolved: 'https://evil.test/good-1.0.0.tgz' })).toHaveLength(1)
  expect(
    check('1.0.0', { ...whole, resolved: 'https://registry.npmjs.org/g00d/-/g00d-1.0.0.tgz' }),
  ).toHaveLength(1)
  expect(check('1.0.0', { version: '1.0.0', resolved: whole.resolved })).toHaveLength(1)
  expect(check('1.0.0', { ...whole, hasInstallScript: true })).toHaveLength(1)
  const many = Object.fromEntries(
    Array.from({ length: 130 }, (_, at) => [
      `node_modules/p${at}`,
      { ...whole, resolved: `https://registry.npmjs.org/p${at}/-/p${at}-1.0.0.tgz` },
    ]),
  )
  expect(findings({}, { lockfileVersion: 3, packages: many }).found).toEqual([
    '130 dependencies at run time',
  ])
})
