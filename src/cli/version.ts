import { readFileSync } from 'node:fs'

/** The version of this package. From the compiled tree its file lies one folder further up. */
export function packageVersion(): string {
  const up = import.meta.url.endsWith('.js') ? '../../../' : '../../'
  const text = readFileSync(new URL(`${up}package.json`, import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
