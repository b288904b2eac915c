import { afterAll, beforeAll, describe, test } from 'vitest'
import { startTestServer } from '../support/server.ts'
import type { Scenario } from './exchange.ts'
import { report, tally } from './report.ts'
import { type Runner, runnerFor } from './runner.ts'

/** Runs scenarios against a server made for them, on each database. `what` is what they are about, as clients know it. */
export function conforms(what: string, all: readonly Scenario[]): void {
  const { scenarios, exchanges, assumed } = tally(all)

  describe.each(['sqlite', 'postgres'] as const)(
    `${what}, on %s (${scenarios} scenarios, ${exchanges} exchanges, ${assumed} on assumptions)`,
    (database) => {
      let server: Awaited<ReturnType<typeof startTestServer>>
      let runner: Runner

      beforeAll(async () => {
        server = await startTestServer(database)
        runner = runnerFor({
          url: server.url,
          ca: server.ca,
          username: 'admin',
          password: server.adminPassword,
          advance: (milliseconds) => server.advance(milliseconds),
        })
      }, 60_000)

      afterAll(async () => {
        runner?.close()
        await server?.stop()
      })

      test.each(all.map((scenario) => [scenario.name, scenario] as const))(
        '%s',
        async (_name, scenario) => {
          const { failures, skipped } = await runner.run(scenario)
          if (skipped !== undefined)
            throw new Error(`a server made for this test must not skip: ${skipped}`)
          if (failures.length > 0)
            throw new Error(failures.map((failure) => report(scenario.name, failure)).join('\n'))
        },
        60_000,
      )
    },
  )
}
