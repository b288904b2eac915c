import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { readWishes } from './document.ts'
import { makePassword } from './passwords.ts'

const folder = mkdtempSync(join(tmpdir(), 'keystead-bootstrap-'))
const file = join(folder, 'team.yaml')
afterAll(() => rmSync(folder, { recursive: true }))

function read(text: string) {
  writeFileSync(file, text)
  return readWishes(file)
}

describe('a bootstrap file', () => {
  test('may be empty', () => {
    expect(read('')).toEqual({ password_policies: [], users: [], groups: [] })
  })

  test('names password files beside itself', () => {
    const [user] = read('users: [{username: jo, password_file: secrets/jo}]').users
    expect(user?.password_file).toBe(join(folder, 'secrets/jo'))
  })

  test.each([
    [
      'users:\n  - username: jo\n    emial: x\n',
      ':3: users[0].emial: there is no such field; did you mean email?',
    ],
    ['users:\n  - username: jo\n    password: x\n', 'passwords do not stand in this file'],
    ['gropus: []\n', 'gropus: there is no such field; did you mean groups?'],
    ['groups:\n  - name: a\n  - description: b\n', ':3: groups[1].name'],
    ['groups:\n  - name: a\n    members: jo\n', ':3: groups[0].members'],
    [
      'users:\n  - username: jo\n  - username: JO\n',
      ':3: users[1].username: "JO" is users[0] already',
    ],
    [
      'users:\n  - username: jo\n    password_file: a\n    password_env: B\n',
      ':4: users[0].password_env',
    ],
    ['users:\n  - username: jo\n    password_env: a b\n', 'name of an environment variable'],
    [
      'password_policies:\n  - policy_name: a\n    password_lifetime: -1\n',
      ':3: password_policies[0].password_lifetime',
    ],
    ['users:\n  - username: [\n', 'team.yaml:'],
    ['users: {a: b}\n', ':1: users'],
    ['- a\n', 'team.yaml: '],
  ])('with the mistake %j is refused at its place', (text, sentence) => {
    expect(() => read(text)).toThrow(sentence)
  })

  test('is refused with all its mistakes at once', () => {
    expect(() => read('users: [{usrname: a}]\ngroups: [{name: ""}]\n')).toThrow(
      /usrname.*groups\[0\]\.name/s,
    )
  })
})

test('a password that is made keeps any policy that one can keep', () => {
  const few = fc.integer({ min: 0, max: 12 })
  fc.assert(
    fc.property(
      few,
      few,
      few,
      few,
      fc.integer({ min: 0, max: 80 }),
      (upper, lower, digits, other, least) => {
        const most = Math.max(least, 48)
        const password = makePassword({
          inclusive_min_total_length: least,
          inclusive_max_total_length: most,
          inclusive_min_upper_case: upper,
          inclusive_min_lower_case: lower,
          inclusive_min_digits: digits,
          inclusive_min_other: other,
        })
        const count = (pattern: RegExp) => password.match(pattern)?.length ?? 0
        expect(password.length).toBeGreaterThanOrEqual(Math.max(least, 24))
        expect(password.length).toBeLessThanOrEqual(most)
        expect(count(/[A-Z]/g)).toBeGreaterThanOrEqual(upper)
        expect(count(/[a-z]/g)).toBeGreaterThanOrEqual(lower)
        expect(count(/[0-9]/g)).toBeGreaterThanOrEqual(digits)
        expect(count(/[^A-Za-z0-9]/g)).toBeGreaterThanOrEqual(other)
      },
    ),
  )
})

test('a password is not made for a policy that contradicts itself', () => {
  const impossible = {
    inclusive_min_total_length: 4,
    inclusive_max_total_length: 4,
    inclusive_min_upper_case: 5,
    inclusive_min_lower_case: 0,
    inclusive_min_digits: 0,
    inclusive_min_other: 0,
  }
  expect(() => makePassword(impossible)).toThrow('more characters than it allows')
})
