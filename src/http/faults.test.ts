import { describe, expect, test } from 'vitest'
import type { FaultKind } from '../kit/fault.ts'
import { faultOnTheWire, internalError } from './faults.ts'

const id = '11111111-2222-4333-8444-555555555555'

describe('a failure on the wire', () => {
  // Reference 1.2 and 1.3.
  test.each<[FaultKind, number, number, string]>([
    ['unauthenticated', 401, 5, 'NCERRUnauthorizedAccess'],
    ['not-found', 404, 16, 'NCERRResourceNotFound: Resource not found'],
    ['invalid', 400, 15, 'NCERRBadRequest: Bad HTTP request'],
  ])('that is %s has status %i, code %i, and its sentence in message', (kind, ...wire) => {
    const [status, code, codeDesc] = wire
    expect(faultOnTheWire(kind, 'why it is so', id)).toEqual({
      status,
      body: { code, codeDesc, message: 'why it is so', requestID: id },
    })
  })

  test.each<[FaultKind, number, number, string]>([
    ['invalid-parameter', 400, 9, 'NCERRInvalidParamValue: why it is so'],
    ['forbidden', 403, 13, 'NCERRForbidden: InsufficientPermissions: why it is so'],
    ['conflict', 409, 8, 'NCERRConflict: why it is so'],
  ])('that is %s has status %i, code %i, and its sentence in codeDesc', (kind, ...wire) => {
    const [status, code, codeDesc] = wire
    expect(faultOnTheWire(kind, 'why it is so', id)).toEqual({
      status,
      body: { code, codeDesc, requestID: id },
    })
  })

  test.each<[FaultKind, number]>([
    ['method-not-allowed', 405],
    ['too-large', 413],
    ['unsupported-media-type', 415],
    ['too-many-requests', 429],
    ['not-built', 501],
    ['unavailable', 503],
    ['no-space', 507],
  ])('that is %s has status %i and a codeDesc that begins as clients expect', (kind, status) => {
    const wire = faultOnTheWire(kind, 'why it is so', id)
    expect(wire.status).toBe(status)
    expect(wire.body.codeDesc).toMatch(/^NCERR/)
    expect(wire.body.message).toBe('why it is so')
  })

  test('that is our own bug says only where to look', () => {
    const { status, body } = internalError(id)
    expect(status).toBe(500)
    expect(body).toMatchObject({ codeDesc: expect.stringMatching(/^NCERR/), requestID: id })
  })
})
