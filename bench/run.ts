import { writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Lab } from './lab.ts'
import { machine } from './machine.ts'
import { certificates } from './measures/certificates.ts'
import { client, commandLine } from './measures/client.ts'
import { floors } from './measures/floors.ts'
import { groupCommit } from './measures/group-commit.ts'
import { lists } from './measures/lists.ts'
import { peers } from './measures/peers.ts'
import { requests } from './measures/requests.ts'
import { memory, start } from './measures/rest.ts'
import { revocation } from './measures/revocation.ts'
import { tails } from './measures/tails.ts'
import { tokens } from './measures/tokens.ts'
import { vaultDeletes } from './measures/vault-deletes.ts'
import { vaultCreate, vaultEncrypt, vaultSign } from './measures/vault-hot.ts'
import { vaultReads } from './measures/vault-reads.ts'
import { vaultRevocation } from './measures/vault-revocation.ts'
import { vaultTails } from './measures/vault-tails.ts'
import { cleanUp, cleanUpHowever, moveToLoadCore, ROOT, unmetNeed } from './processes.ts'
import { report } from './report.ts'

const measures: Readonly<Record<string, (lab: Lab) => Promise<void>>> = {
  floors,
  requests,
  'group-commit': groupCommit,
  tokens,
  tails,
  revocation,
  certificates,
  lists,
  'vault-encrypt': vaultEncrypt,
  'vault-sign': vaultSign,
  'vault-create': vaultCreate,
  'vault-tails': vaultTails,
  'vault-revocation': vaultRevocation,
  'vault-reads': vaultReads,
  'vault-deletes': vaultDeletes,
  start,
  'command-line': commandLine,
  client,
  memory,
  peers,
}

const usage = `npm run bench -- [options]

  --quick        fewer and shorter rounds, fewer rows: some five minutes, figures are rougher
  --peers        also measures Debian's Keystone, cfssl and Barbican, when they are installed (peers/*.sh say how)
  --only NAME    just this measure; may be repeated: ${Object.keys(measures).join(', ')}
  --rounds N     pairs of measurements per figure, 7 by itself and 3 with --quick
  --write        writes the result to bench/RESULTS.md
`

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(2)
}

function options() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    process.exit(0)
  }
  for (const name of values.only) {
    if (!measures[name]) fail(`There is no measure "${name}".\n\n${usage}`)
  }
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 7))
  if (!Number.isInteger(rounds) || rounds < 1) fail('--rounds wants a whole number of at least 1.')
  return { ...values, rounds }
}

const chosen = options()
const need = unmetNeed()
if (need) fail(need)
cleanUpHowever()
moveToLoadCore()

const lab = new Lab(chosen)
const began = performance.now()
/** Nothing else needs them: the other measures bring their own floors. */
const onlyWhenAsked = ['floors', 'peers']
const minutes = (chosen.quick ? 10 : 45) + (chosen.peers ? 10 : 0)
const about = await machine()
let failures = 0

function finish(): never {
  const text = report(lab, about, (performance.now() - began) / 1000)
  if (chosen.write) writeFileSync(join(ROOT, 'bench/RESULTS.md'), text)
  writeSync(1, text)
  cleanUp()
  process.exit(failures > 0 ? 1 : 0)
}

// A run that hangs ends too, with what it has found by then.
setTimeout(() => {
  failures++
  lab.note(`The run was ended after ${minutes} minutes; what is missing was not reached.`)
  void finish()
}, minutes * 60_000).unref()

for (const [name, measure] of Object.entries(measures)) {
  const wanted = chosen.only.length > 0 ? chosen.only.includes(name) : !onlyWhenAsked.includes(name)
  if (!wanted && !(name === 'peers' && chosen.peers)) continue
  lab.say(name)
  try {
    await measure(lab)
  } catch (error) {
    failures++
    lab.note(`${name} failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}
await lab.stop()
finish()
