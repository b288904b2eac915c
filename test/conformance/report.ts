import type { Scenario } from './exchange.ts'
import type { Failure } from './runner.ts'

/** How many scenarios and exchanges there are, and how many of the latter rest on an assumption. */
export function tally(scenarios: readonly Scenario[]): {
  scenarios: number
  exchanges: number
  assumed: number
} {
  const exchanges = scenarios.flatMap((scenario) => scenario.exchanges)
  return {
    scenarios: scenarios.length,
    exchanges: exchanges.length,
    assumed: exchanges.filter((exchange) => exchange.assumed).length,
  }
}

/** A failed exchange as a person reads it. */
export const report = (scenario: string, failure: Failure): string =>
  [
    `${scenario} › ${failure.exchange}`,
    `  ${failure.request}`,
    ...failure.complaints.map((complaint) => `  - ${complaint}`),
    `  got ${failure.got}`,
  ].join('\n')
