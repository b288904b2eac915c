import { z } from 'zod'
import { requestForKey } from '../../ca/index.ts'
import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault } from '../../kit/fault.ts'
import { noteKey } from '../keys/change.ts'
import { createFields } from '../keys/contract-bodies.ts'
import { draftKey, insertDrafts } from '../keys/create.ts'
import { demandMaker } from '../keys/makers.ts'
import { openMaterial } from '../keys/opened.ts'
import { usableKey } from '../keys/usable.ts'
import { keyObject } from '../material/index.ts'
import type { vaultRequests } from './contract.ts'

export const vaultRequestHandlers: Handlers<Context, typeof vaultRequests> = {
  async create(context, { body }) {
    const { keyID, keyGenParams, csrParams } = body
    context.note({ subject: csrParams.cn, key: keyID ?? keyGenParams?.keyName })
    if ((keyID === undefined) === (keyGenParams === undefined))
      throw new Fault('invalid-parameter', 'keyID: give either a key or keyGenParams')
    if (keyID === undefined) return withNewKey(context, keyGenParams ?? {}, csrParams)
    const reference = { id: keyID, type: body.keyIDType, version: body.keyVersion }
    const { row, key } = await usableKey(context, reference, 'sign')
    noteKey(context, row)
    if (key.type !== 'private')
      throw new Fault('invalid-parameter', 'keyID: a request is signed by a private key')
    const csr = await requestForKey(key, csrParams)
    return { csr, keyID: row.key_id, keyVersion: row.key_version }
  },
}

const NewKey = z.object(createFields)

interface KeyToMake {
  readonly algorithm?: string | undefined
  readonly size?: number | undefined
  readonly curveid?: string | undefined
  readonly keyName?: string | undefined
}

/** The request is made before the key is written: one that cannot be made leaves no key behind. */
async function withNewKey(
  context: Context,
  { algorithm = 'RSA', size, curveid, keyName }: KeyToMake,
  asked: Parameters<typeof requestForKey>[1],
) {
  demandMaker(context)
  if (!/^(rsa|ec)$/i.test(algorithm))
    throw new Fault('invalid-parameter', 'keyGenParams.algorithm: is not one of RSA, EC')
  const drafts = await draftKey(context, NewKey.parse({ algorithm, size, curveid, name: keyName }))
  const material = openMaterial(context.services.envelope, drafts.main)
  let csr: string
  try {
    csr = await requestForKey(keyObject(material), asked)
  } finally {
    material.secret.wipe()
  }
  const row = await context.transact((tx) => insertDrafts(tx, context, drafts))
  noteKey(context, row)
  return { csr, keyID: row.key_id, keyVersion: row.key_version }
}
