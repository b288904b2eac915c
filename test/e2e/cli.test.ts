import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ServerCommands } from '../../src/cli/server-commands.ts'
import * as serving from '../../src/serving.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { fits, play, readScript, type Stage } from './cli-script.ts'

const scripts = join(import.meta.dirname, 'cli')

const commands: ServerCommands = {
  startServer: serving.serve,
  initialise: serving.initialiseOffline,
  verifyAudit: serving.verifyAudit,
  exportAuditHead: serving.exportAuditHead,
  rotateRootKeyOffline: serving.rotateRootKey,
}

describe.each(readdirSync(scripts).filter((name) => name.endsWith('.txt')))('%s', (name) => {
  let server: TestServer
  let stage: Stage
  beforeAll(async () => {
    server = await startTestServer('sqlite')
    const { url, caFile, dataDir, adminPassword } = server
    const folder = mkdtempSync(join(tmpdir(), 'keystead-cli-'))
    stage = {
      folder,
      env: { KEYSTEAD_URL: url, KEYSTEAD_CA_FILE: caFile, KEYSTEAD_DATA_DIR: dataDir },
      known: { url, host: new URL(url).host, password: adminPassword, folder },
      server: commands,
    }
  })
  afterAll(async () => {
    await server.stop()
    rmSync(stage.folder, { recursive: true, force: true })
  })

  test.each(readScript(join(scripts, name)))('$title', async ({ commands: played }) => {
    expect(played.length).toBeGreaterThan(0)
    for (const command of played) {
      const outcome = await play(command, stage)
      const where = `${name}:${command.line}: ${command.text}`
      // A line that fits is shown as the script has it, so that a failure shows only what differs.
      const shown = (expected: readonly string[], lines: readonly string[]) =>
        lines.map((line, i) => {
          const wanted = expected[i]
          return wanted !== undefined && fits(wanted, line, stage.known) ? wanted : line
        })
      expect(
        {
          exit: outcome.exit,
          stdout: shown(command.stdout, outcome.stdout),
          stderr: shown(command.stderr, outcome.stderr),
        },
        where,
      ).toEqual({ exit: command.exit, stdout: command.stdout, stderr: command.stderr })
    }
  })
})
