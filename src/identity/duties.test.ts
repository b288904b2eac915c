import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grants, mayManage, predefinedGroups } from './duties.ts'

const names = Object.keys(predefinedGroups)
const administrative = names.filter((name) => predefinedGroups[name]?.administrative)

describe('duties', () => {
  test('admin may do everything, even what no group names', () => {
    expect(grants(['admin'], 'RotateRootKey')).toBe(true)
    expect(grants(['admin'], 'SomethingNew')).toBe(true)
  })

  test('User Admins manage users, groups and password policies, and nothing else', () => {
    for (const action of ['CreateUser', 'SetUserExpiry', 'AddUserToGroup', 'UpdatePasswordPolicy'])
      expect(grants(['User Admins'], action), action).toBe(true)
    for (const action of ['ReadAuditRecord', 'RotateRootKey', 'RotateAuthKey', 'CreateKey'])
      expect(grants(['User Admins'], action), action).toBe(false)
  })

  test('no group but admin reaches the keys of the server itself', () => {
    const others = names.filter((name) => name !== 'admin')
    for (const action of ['RotateRootKey', 'ReadAuthKey', 'RotateAuthKey', 'UpdateBanner'])
      expect(grants(others, action), action).toBe(false)
  })

  test('whoever is signed in may read groups, and without groups nothing more', () => {
    expect(grants([], 'ReadGroup')).toBe(true)
    fc.assert(fc.property(fc.string(), (action) => action === 'ReadGroup' || !grants([], action)))
  })

  test('groups of customers carry no duties, whatever they are called', () => {
    for (const name of ['ops', 'Admin', 'ADMIN', 'user admins', 'constructor', '__proto__', '*'])
      expect(grants([name], 'CreateUser'), name).toBe(false)
  })

  test('a pattern is held to the whole action', () => {
    expect(grants(['Audit Admins'], 'ReadAuditRecordOfOthers')).toBe(false)
    expect(grants(['User Admins'], 'XCreateUser')).toBe(false)
    expect(grants(['User Admins'], '*')).toBe(false)
  })

  test('every administrative group has duties, so that none is free to join', () => {
    for (const name of administrative) expect(predefinedGroups[name]?.duties, name).not.toEqual([])
    expect(names.filter((name) => / Admins$/.test(name)).sort()).toEqual(
      administrative.filter((name) => name !== 'admin').sort(),
    )
  })

  test('User Admins fill the groups without powers, and their own', () => {
    const others = ['Key Users', 'CCKM Users', 'CTE Clients', 'All Clients', 'ops', 'User Admins']
    expect(mayManage(['User Admins'], others)).toBe(true)
  })

  test('only those who hold the powers of a group decide who is in it', () => {
    for (const group of administrative) {
      expect(mayManage(['admin'], [group]), group).toBe(true)
      expect(mayManage([], [group]), group).toBe(false)
      if (group !== 'User Admins') expect(mayManage(['User Admins'], [group]), group).toBe(false)
    }
    expect(
      mayManage(
        names.filter((name) => name !== 'admin'),
        ['admin'],
      ),
    ).toBe(false)
  })

  test('nobody gains an action by joining a group that he may manage', () => {
    const actions = names
      .flatMap((name) => predefinedGroups[name]?.duties ?? [])
      .concat('CreateUser', 'Anything')
    const some = fc.uniqueArray(fc.constantFrom(...names, 'ops'), { maxLength: 5 })
    fc.assert(
      fc.property(some, fc.constantFrom(...names, 'ops'), (groups, joined) => {
        if (!mayManage(groups, [joined])) return
        for (const action of actions)
          expect(grants([...groups, joined], action)).toBe(grants(groups, action))
      }),
    )
  })
})
