import { describe, expect, test } from 'vitest'
import { ocspRequest, readOcsp } from '../../../test/support/revocation.ts'
import { issueFor, subjectFields, testCa } from '../../../test/support/x509.ts'
import { readDer, sequence } from '../../crypto/der.ts'
import { buildRequest, generateKey } from './index.ts'
import { lintAnswers, ocspSignerOf, readOcspRequest, writeOcspAnswer } from './ocsp.ts'

describe('the lint of OCSP answers', () => {
  const thisUpdate = new Date('2026-05-01T10:00:00Z')
  const nextUpdate = new Date('2026-05-01T11:00:00Z')
  const made = async () => {
    const ca = await testCa('ECDSA')
    const key = await generateKey('ECDSA')
    const csr = await buildRequest(key, subjectFields('OCSP responder'))
    const signer = ocspSignerOf(await issueFor(csr, 'ocsp', ca), key)
    const asked = ocspRequest(ca.certificate, [5n, 6n], { nonce: Buffer.alloc(16, 1) })
    const { questions, nonce } = readOcspRequest(asked)
    const [good, bad] = questions
    if (!good || !bad) throw new Error('the request lost its questions')
    const revoked = { is: 'revoked', at: thisUpdate, reason: 'keyCompromise' } as const
    const fields = {
      answers: [
        { about: good, status: { is: 'good' as const } },
        { about: bad, status: revoked },
      ],
      nonce,
      thisUpdate,
      nextUpdate,
    }
    const der = await writeOcspAnswer(signer, fields)
    expect(readOcsp(der, ca.certificate).answers).toMatchObject([{ is: 'good' }, { is: 'revoked' }])
    const bytes = readDer(der).children[1]?.children[0]?.children[1]?.content ?? Buffer.alloc(0)
    const data = readDer(bytes).children[0]?.raw ?? Buffer.alloc(0)
    return { data, fields, good, bad, revoked }
  }

  test('finds nothing in what was meant', async () => {
    const { data, fields } = await made()
    expect([...lintAnswers(data, fields)]).toEqual([])
  })

  test('finds whatever is said otherwise', async () => {
    const { data, fields, good, bad, revoked } = await made()
    const later = new Date(thisUpdate.getTime() + 1000)
    const first = { about: good, status: { is: 'good' as const } }
    const others: [string, Parameters<typeof lintAnswers>[1]][] = [
      ['more answers or fewer', { ...fields, answers: [first] }],
      ['about another', { ...fields, answers: [first, { about: good, status: revoked }] }],
      ['a status', { ...fields, answers: [first, { about: bad, status: { is: 'good' } }] }],
      ['a status', { ...fields, answers: [first, { about: bad, status: { is: 'unknown' } }] }],
      [
        'time of revocation',
        { ...fields, answers: [first, { about: bad, status: { ...revoked, at: later } }] },
      ],
      [
        'a reason',
        { ...fields, answers: [first, { about: bad, status: { ...revoked, reason: undefined } }] },
      ],
      ['thisUpdate', { ...fields, thisUpdate: later }],
      ['nextUpdate', { ...fields, nextUpdate: later }],
      ['not after', { ...fields, nextUpdate: thisUpdate }],
      ['nonce', { ...fields, nonce: undefined }],
    ]
    for (const [finding, meant] of others)
      expect([...lintAnswers(data, meant)].join('; '), finding).toContain(finding)
    const [, ...rest] = readDer(data).children
    const nameless = sequence(...rest.map(({ raw }) => raw))
    expect([...lintAnswers(nameless, fields)].join()).toContain('not named')
  })
})
