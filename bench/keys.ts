import { cpus } from 'node:os'
import type { Lab } from './lab.ts'
import { launch } from './processes.ts'
import type { Keystead } from './server.ts'

export const keysPath = '/api/v1/vault/keys2/'

export const keyName = (number: number): string => `bench-key-${String(number).padStart(8, '0')}`

/** A key as clients of the API make them: AES-256 with metadata and labels. */
export const keyBody = (number: number) => ({
  name: keyName(number),
  algorithm: 'AES',
  size: 256,
  usageMask: 12,
  labels: { app: `app-${number % 100}`, tier: number % 2 === 0 ? 'even' : 'odd' },
  meta: {
    permissions: { ReadKey: ['CTE Clients', 'Key Users'], ExportKey: ['CTE Clients'] },
    purpose: `volume ${number % 1000}`,
  },
})

/** A running server that holds so many keys, `keyName(0)` and on; the same one each time. */
export const keysServer = (lab: Lab, keys: number): Promise<Keystead> =>
  lab.prepared(`${keys}-keys`, async (server) => {
    const began = performance.now()
    await server.stop()
    await fillKeys(server.folder, keys)
    await server.start()
    lab.say(`made ${keys} keys in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  })

/** On both cores, since nothing is measured meanwhile. */
function fillKeys(folder: string, keys: number): Promise<void> {
  const child = launch({
    core: cpus().length > 1 ? '0,1' : 0,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', 'bench/fill-keys.ts', folder, '0', `${keys}`],
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`bench/fill-keys.ts ended with ${code}`)),
    )
  })
}
