import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { certificateScenarios } from './certificates/index.ts'
import { cteScenarios } from './cte/index.ts'
import { identityScenarios } from './identity/index.ts'
import { keyScenarios } from './keys/index.ts'
import { report, tally } from './report.ts'
import { runnerFor, SignInFailed, type Target } from './runner.ts'

const usage = `Runs the conformance suite against a running server.

  node test/conformance/run.ts --url https://127.0.0.1:8443 --user admin --password PASSWORD [--ca FILE | --insecure]

  --ca FILE      PEM file of the CA that the server's certificate comes from
  --insecure     trust any certificate
  --only TEXT    only scenarios whose name contains TEXT
  --fresh        also scenarios for a server that nobody else uses and whose settings are untouched
  --list         print the scenarios and exchanges without running them
`

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'https://127.0.0.1:8443' },
      user: { type: 'string', default: 'admin' },
      password: { type: 'string' },
      ca: { type: 'string' },
      insecure: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      fresh: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const only = values.only.toLowerCase()
  const scenarios = [
    ...identityScenarios,
    ...certificateScenarios,
    ...keyScenarios,
    ...cteScenarios,
  ].filter((scenario) => scenario.name.toLowerCase().includes(only))
  const counted = tally(scenarios)
  const title = `${counted.scenarios} scenarios, ${counted.exchanges} exchanges (${counted.assumed} on assumptions)`
  if (values.list) {
    for (const scenario of scenarios) {
      say(scenario.name)
      for (const { name, method, path } of scenario.exchanges) say(`  ${name}  [${method} ${path}]`)
    }
    say(title)
    return 0
  }
  if (values.help || values.password === undefined) {
    say(usage)
    return values.help ? 0 : 2
  }
  say(title)
  const target: Target = {
    url: values.url,
    username: values.user,
    password: values.password,
    insecure: values.insecure,
    ...(values.ca === undefined ? undefined : { ca: readFileSync(values.ca, 'utf8') }),
  }
  const runner = runnerFor(target)
  let failed = 0
  let ran = 0
  let skipped = 0
  for (const scenario of scenarios) {
    if (scenario.fresh && !values.fresh) {
      skipped++
      say(`skipped: ${scenario.name} (needs --fresh)`)
      continue
    }
    const outcome = await runner.run(scenario)
    if (outcome.skipped !== undefined) {
      skipped++
      say(`skipped: ${scenario.name} (${outcome.skipped})`)
    }
    ran += outcome.exchanges
    failed += outcome.failures.length
    for (const failure of outcome.failures) say(report(scenario.name, failure))
  }
  runner.close()
  say(`${ran} exchanges run, ${failed} failed, ${skipped} scenarios skipped`)
  return failed > 0 || ran === 0 ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof SignInFailed)) throw error
  say(error.message)
  process.exitCode = 2
}
