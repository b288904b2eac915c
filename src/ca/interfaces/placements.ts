import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Context } from '../../context.ts'
import type { Input } from '../../kit/endpoint.ts'
import { Fault, notFound } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { InterfaceCertificateRow, InterfaceRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { isSameKey } from '../x509/algorithms.ts'
import {
  insertPrepared,
  type Prepared,
  prepareGenerated,
  prepareGiven,
  splitChain,
} from './certificates.ts'
import { type Change, demandVersionsInOrder } from './changes.ts'
import type { interfaces } from './contract.ts'
import { readGiven } from './given.ts'
import { keyForTls, openKey } from './keys.ts'
import { rehearse } from './rehearsal.ts'
import * as store from './store.ts'
import { listeningFor } from './tls.ts'
import { demandAnchorStays, trustOf } from './trust.ts'
import type { WebInterface } from './web.ts'

/** Where an interface keeps a certificate: the one it shows, and the one it will. */
type Slot = 'certificate_id' | 'upcoming_id'
type CertificateBody = Partial<Input<typeof interfaces.putCertificate>['body']>

/** Changes of interfaces and of their certificates: tried together before they are put in place together. */
export function placements(web: WebInterface) {
  const { making } = web

  async function change(context: Context, name: string, asked: Change): Promise<InterfaceRow> {
    const row = await existing(context, name)
    const wanted = { ...row, ...asked.columns }
    demandVersionsInOrder(wanted)
    const prepared = await successorFor(context, row, wanted)
    await rehearseWith(context, wanted, prepared)
    const updated = await context.transact(async (tx) => {
      const fresh = await unchanged(context, row)
      for (const anchor of asked.anchors) demandAnchorStays(tx, anchor)
      const columns = { ...asked.columns, updated_at: stamp(context.now()) }
      if (!prepared) return tx.update('interfaces', fresh, columns)
      return place(context, tx, fresh, 'certificate_id', prepared, columns)
    })
    await web.refresh()
    return updated
  }

  /** Another CA or other names need another certificate, unless it was given from outside. */
  async function successorFor(
    context: Context,
    row: InterfaceRow,
    wanted: InterfaceRow,
  ): Promise<Prepared | undefined> {
    const isSame =
      row.auto_gen_ca_id === wanted.auto_gen_ca_id &&
      row.auto_gen_attributes === wanted.auto_gen_attributes
    if (isSame || wanted.auto_gen_ca_id === '') return undefined
    const { origin } = await certificateOf(context, row, row.certificate_id)
    return origin === 'generated'
      ? prepareGenerated(making, wanted, await web.reached(row))
      : undefined
  }

  /** Nothing is put in place that nobody could connect with (the fault says so, and nothing is written). */
  async function rehearseWith(
    context: Context,
    row: InterfaceRow,
    prepared: Prepared | undefined,
  ): Promise<void> {
    const trusted = (await trustOf(context.read, row)).map(({ cert }) => cert)
    const current = prepared ? undefined : await certificateOf(context, row, row.certificate_id)
    const key: KeyObject | undefined =
      prepared?.key ?? (current && openKey(context.services.envelope, current))
    if (!key) throw new Error('an interface has no key')
    const chain = prepared?.row.chain ?? current?.chain ?? ''
    await rehearse(listeningFor(row, { chain, key: keyForTls(key) }, trusted))
  }

  /** The unit's part that puts a certificate into its place, and takes what stood there away. */
  async function place(
    context: Context,
    tx: Writer,
    row: InterfaceRow,
    slot: Slot,
    prepared: Prepared,
    columns: Partial<InterfaceRow> = {},
  ): Promise<InterfaceRow> {
    const replaced = row[slot]
    insertPrepared(tx, prepared)
    if (replaced !== null)
      tx.remove('interface_certificates', await certificateOf(context, row, replaced))
    return tx.update('interfaces', row, {
      updated_at: stamp(context.now()),
      ...columns,
      [slot]: prepared.row.id,
    })
  }

  async function put(
    context: Context,
    name: string,
    slot: Slot,
    body: CertificateBody,
  ): Promise<{ certificates: string }> {
    context.note({ interface: name, generate: body.generate ?? false })
    const row = await existing(context, name)
    if (!body.generate && body.certificate === undefined) return shown(context, row, slot)
    if (body.generate && body.certificate !== undefined)
      throw new Fault('invalid-parameter', 'either certificate or generate is taken, not both')
    const [prepared, request] = body.generate
      ? [await prepareGenerated(making, row, await web.reached(row)), undefined]
      : await preparedFrom(context, row, body)
    noteCertificate(context, prepared)
    await rehearseWith(context, row, prepared)
    const updated = await context.transact(async (tx) => {
      const fresh = await unchanged(context, row)
      if (request === undefined || fresh.request_id !== request.id)
        return place(context, tx, fresh, slot, prepared)
      tx.remove('interface_certificates', await certificateOf(context, fresh, request.id))
      return place(context, tx, fresh, slot, prepared, { request_id: null })
    })
    await web.refresh()
    return shown(context, updated, slot)
  }

  /** With the key that came along, or with the one that stayed here when the request, or the certificate before, was made. */
  async function preparedFrom(
    context: Context,
    row: InterfaceRow,
    body: CertificateBody,
  ): Promise<[Prepared, InterfaceCertificateRow | undefined]> {
    const { chain, key } = await readGiven(body, making.rules)
    if (key) return [prepareGiven(making, row, chain, key), undefined]
    const [own = ''] = chain
    const { publicKey } = new X509Certificate(own)
    for (const id of [row.request_id, row.certificate_id]) {
      if (id === null) continue
      const kept = await certificateOf(context, row, id)
      const keptKey = openKey(context.services.envelope, kept)
      if (!isSameKey(createPublicKey(keptKey), publicKey)) continue
      const prepared = prepareGiven(making, row, chain, keptKey)
      return [prepared, kept.origin === 'request' ? kept : undefined]
    }
    throw new Fault(
      'invalid-parameter',
      `certificate: no private key came along, and the ${publicKey.asymmetricKeyType} key of the certificate is not here`,
    )
  }

  return { change, put, rehearseWith }
}

/** By name alone: what has the form of an id is no name of an interface (reference 1). */
export async function existing({ read }: Context, name: string): Promise<InterfaceRow> {
  const row = await store.find(read, name)
  if (!row) throw notFound('interface', name)
  return row
}

/** The row that was rehearsed with: what nobody has tried together is not put in place together. */
export async function unchanged(context: Context, row: InterfaceRow): Promise<InterfaceRow> {
  const fresh = await existing(context, row.name)
  if (fresh.version !== row.version)
    throw new Fault('conflict', 'the interface was changed by others at the same time, try again')
  return fresh
}

/** One of the certificates that the row names. */
export async function certificateOf(
  { read }: Context,
  row: InterfaceRow,
  id: string,
): Promise<InterfaceCertificateRow> {
  const found = await store.certificate(read, row, id)
  // It was replaced between two reads; the caller may try again.
  if (!found) throw new Fault('conflict', 'the certificate was changed by others at the same time')
  return found
}

/** The chain in this place, or none. */
export async function shown(context: Context, row: InterfaceRow, slot: Slot) {
  const id = row[slot]
  if (id === null) return { certificates: '' }
  const { chain } = await certificateOf(context, row, id)
  return { certificates: chain }
}

function noteCertificate(context: Context, { row }: Prepared): void {
  const [own] = splitChain(row.chain)
  if (own === undefined) return
  const { serialNumber, fingerprint256 } = new X509Certificate(own)
  context.note({ serial: BigInt(`0x${serialNumber}`).toString(), fingerprint: fingerprint256 })
}
