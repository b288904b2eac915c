import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { random, report, scale, seed } from '../../../test/promises/promise.ts'
import { databases, startApi } from '../../../test/support/api.ts'

const KEYS = '/vault/keys2'
const HOUR = 3_600_000

/** A key version as reference 6 has it, told a second time and more simply. */
interface Version {
  readonly id: string
  state: string
  archived: boolean
  undeletable: boolean
  /** Hours on the model's clock. */
  deactivatesAt: number | undefined
  stopsAt: number | undefined
}

const stateOf = (version: Version, hour: number): string => {
  const due = version.deactivatesAt !== undefined && version.deactivatesAt <= hour
  return version.state === 'Active' && due ? 'Deactivated' : version.state
}

const isGone = (state: string) => state.startsWith('Destroyed')

/** What an operation makes of a version, or the status with which it is refused. */
type Rule = (version: Version, state: string, hour: number) => number | undefined

const rules: Readonly<Record<string, { body?: object; rule: Rule }>> = {
  'revoke-superseded': {
    body: { reason: 'Superseded' },
    rule(version, state, hour) {
      if (state !== 'Active') return 409
      version.state = 'Deactivated'
      version.deactivatesAt = hour
      return undefined
    },
  },
  'revoke-compromise': {
    body: { reason: 'KeyCompromise' },
    rule(version, state) {
      if (state.includes('Compromised')) return 409
      version.state = state === 'Destroyed' ? 'Destroyed Compromised' : 'Compromised'
      return undefined
    },
  },
  'reactivate-active': {
    body: { reason: 'DeactivatedToActive' },
    rule(version, state, hour) {
      if (state !== 'Deactivated') return 409
      version.state = 'Active'
      version.deactivatesAt = undefined
      if (version.stopsAt !== undefined && version.stopsAt <= hour) version.stopsAt = undefined
      return undefined
    },
  },
  'reactivate-stopped': {
    body: { reason: 'ActiveProtectStopToActive' },
    rule(version, state, hour) {
      if (state !== 'Active' || version.stopsAt === undefined || version.stopsAt > hour) return 409
      version.stopsAt = undefined
      return undefined
    },
  },
  destroy: {
    rule(version, state) {
      if (version.undeletable) return 400
      if (isGone(state)) return 409
      version.state = state === 'Compromised' ? 'Destroyed Compromised' : 'Destroyed'
      return undefined
    },
  },
  archive: {
    rule(version, state) {
      if (isGone(state)) return 409
      version.archived = true
      return undefined
    },
  },
  recover: {
    rule(version, state) {
      if (isGone(state)) return 409
      version.archived = false
      return undefined
    },
  },
  export: {
    rule: (version, state) =>
      version.archived || isGone(state) || state === 'Pre-Active' ? 409 : undefined,
  },
}

describe.each(databases)('the life of keys on %s', (database) => {
  const api = startApi(database)

  test('goes as the reference says, whatever is asked in whatever order', {
    timeout: scale(300_000, 7_200_000),
  }, async () => {
    const next = random()
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
    let hour = 0
    let steps = 0
    const sequences = database === 'sqlite' ? scale(300, 10_000) : scale(60, 10_000)
    for (let sequence = 0; sequence < sequences; sequence++) {
      const name = `model-${randomUUID()}`
      const fresh = (id: string): Version => ({
        id,
        state: 'Active',
        archived: false,
        undeletable: false,
        deactivatesAt: undefined,
        stopsAt: undefined,
      })
      const versions: (Version | undefined)[] = [fresh((await api.post(KEYS, { name })).id)]
      for (let at = 0; at < 9; at++) {
        steps++
        const living = versions.filter((version) => version !== undefined)
        const version = pick(living)
        if (!version) break
        const path = `${KEYS}/${version.id}`
        const say = `seed ${seed}, sequence ${sequence}, step ${at}`
        const state = stateOf(version, hour)
        const operation = pick([...Object.keys(rules), 'version', 'patch', 'delete', 'wait'])
        if (operation === 'wait') {
          if (next() < 0.1) {
            api.advance(HOUR)
            hour++
          }
        } else if (operation === 'version') {
          const newest = living.at(-1) as Version
          const answer = await api.send('POST', `${path}/versions`)
          const refused = isGone(stateOf(newest, hour)) || newest.archived
          expect(answer.status, `${say}: version`).toBe(refused ? 409 : 201)
          if (!refused) {
            const made = fresh(answer.body.id)
            made.undeletable = newest.undeletable
            versions.splice(answer.body.version, versions.length, made)
            expect(answer.body.version, say).toBe(versions.length - 1)
          }
        } else if (operation === 'patch') {
          const field = pick(['undeletable', 'deactivationDate', 'protectStopDate'])
          const soon = new Date(Date.now() + (hour + 1) * HOUR + 60_000).toISOString()
          const value = field === 'undeletable' ? next() < 0.5 : soon
          const answer = await api.send('PATCH', path, { [field]: value })
          const refused = field !== 'undeletable' && state !== 'Active'
          expect(answer.status, `${say}: ${field} while ${state}`).toBe(refused ? 400 : 200)
          if (field === 'undeletable') version.undeletable = value === true
          // A minute past the hour: due with the second step of the clock from here.
          else if (!refused && field === 'deactivationDate') version.deactivatesAt = hour + 2
          else if (!refused) version.stopsAt = hour + 2
        } else if (operation === 'delete') {
          const answer = await api.send('DELETE', path)
          expect(answer.status, `${say}: delete`).toBe(version.undeletable ? 400 : 204)
          if (!version.undeletable) versions[versions.indexOf(version)] = undefined
        } else {
          const { body, rule } = rules[operation] as { body?: object; rule: Rule }
          const [action] = operation.split('-')
          const answer = await api.send('POST', `${path}/${action}`, body)
          const refused = rule(version, state, hour)
          expect(answer.status, `${say}: ${operation} while ${state}`).toBe(refused ?? 200)
        }
        if (versions.includes(version)) {
          const shown = await api.get(path)
          const seen = [shown.state, 'archiveDate' in shown, shown.undeletable, shown.emptyMaterial]
          const now = stateOf(version, hour)
          const due = [now, version.archived, version.undeletable, isGone(now)]
          expect(seen, `${say}: after ${operation}`).toEqual(due)
        }
      }
      const left = versions.filter((version) => version !== undefined)
      const listed = await api.get(`${KEYS}?name=${name}&limit=100&sort=version`)
      expect(listed.resources.map(({ id }: { id: string }) => id)).toEqual(left.map(({ id }) => id))
    }
    report(`model ${database}`, `${sequences} sequences, ${steps} steps, 0 differences`)
    expect(steps).toBeGreaterThan(sequences * 3)
  })
})
