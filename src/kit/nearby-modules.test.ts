import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { nearby } from './nearby-modules.ts'

const own = new URL('../', import.meta.url).href
const { resolve } = createRequire(import.meta.url)

/** Every import of a file by a relative path, whichever way it is written. */
const imports = (text: string) =>
  [...text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g)].map(([, path = '']) => path)

const filesOf = (pattern: string) => globSync(pattern).map((path) => pathToFileURL(path).href)

test('what a module names by its path is found where Node finds it', () => {
  const packages = ['kysely', 'zod'].map((name) =>
    resolve(name).replace(/\/dist\/.*|\/index.*/, ''),
  )
  const files = [
    ...filesOf(new URL('**/*.ts', own).pathname),
    ...packages.flatMap((folder) => [
      ...filesOf(`${folder}/dist/**/*.js`),
      ...filesOf(`${folder}/v4/**/*.js`),
    ]),
  ]
  let found = 0
  for (const file of files)
    for (const path of imports(readFileSync(new URL(file), 'utf8'))) {
      const near = nearby(path, file, own)
      if (!near) continue
      found++
      expect(near.url, `${path} in ${file}`).toBe(
        pathToFileURL(resolve(new URL(path, file).pathname)).href,
      )
    }
  expect(found).toBeGreaterThan(2000)
})

test('everything else is left to Node', () => {
  const ours = new URL('main.ts', own).href
  const fastify = pathToFileURL(resolve('fastify')).href
  for (const [path, from] of [
    ['zod', ours],
    ['node:fs', ours],
    ['./folder', ours],
    ['./lib/route.js', fastify],
    ['./main.ts', undefined],
  ] as const)
    expect(nearby(path, from, own)).toBeUndefined()
})
