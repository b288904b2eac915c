import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('the page of each command shows what a run of it says', () => {
  const { stderr, status } = spawnSync(process.execPath, ['tools/command-pages.ts', '--check'], {
    cwd: new URL('../../../', import.meta.url).pathname,
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
