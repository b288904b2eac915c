import { describe, expect, test } from 'vitest'
import type { UserRow } from '../../store/schema.ts'
import { demandsOf, isEnough, NOTHING_SHOWN, type Shown } from './certificate-check.ts'

const [jo, al] = [{ id: 'jo' }, { id: 'al' }] as unknown as [UserRow, UserRow]
const shownBy = (user: UserRow | undefined): Shown => ({ user, isValid: true, certificates: 'pem' })

describe('the mode of the web interface', () => {
  test('says whether a certificate has to come with a password, and whose', () => {
    const enough = (mode: string, shown: Shown) => isEnough(demandsOf(mode), shown, jo)
    for (const mode of ['tls-cert-opt-pw-opt', 'unauth-tls-pw-req', 'unauth-tls-pw-opt'])
      expect(enough(mode, NOTHING_SHOWN), mode).toBe(true)
    for (const mode of ['tls-pw-opt', 'tls-pw-req']) {
      expect(enough(mode, NOTHING_SHOWN), mode).toBe(false)
      expect(enough(mode, shownBy(undefined)), mode).toBe(true)
    }
    for (const mode of ['tls-cert-pw-opt', 'tls-cert-and-pw']) {
      expect(enough(mode, NOTHING_SHOWN), mode).toBe(false)
      expect(enough(mode, shownBy(undefined)), mode).toBe(false)
      expect(enough(mode, shownBy(al)), mode).toBe(false)
      expect(enough(mode, shownBy(jo)), mode).toBe(true)
    }
  })

  test('that nobody knows asks for everything', () => {
    expect(demandsOf('')).toEqual({ certificate: 'own', password: 'required' })
    expect(demandsOf('no-tls-pw-opt')).toEqual(demandsOf(''))
  })
})
