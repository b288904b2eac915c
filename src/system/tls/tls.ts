import { type KeyObject, X509Certificate } from 'node:crypto'
import { hostname } from 'node:os'
import type { SecureContextOptions } from 'node:tls'
import { Fault } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import { findSetting, putSetting } from '../../store/settings.ts'
import type { Store } from '../../store/store.ts'
import type { DataKey, DataKeys } from '../seal/data-keys.ts'

const CA_CERTIFICATE = 'tls.ca-certificate'
const SERVER_CERTIFICATE = 'tls.server-certificate'
const RENEW_BEFORE_MS = 30 * 86_400_000

export interface ServerTls {
  /** PEM of the CA that clients need to trust. */
  readonly ca: string
  readonly context: SecureContextOptions
  readonly notAfter: Date
}

/**
 * The server's own certificate, made where there is none and again when its names changed or its end comes near. Keys
 * lie wrapped in the store, certificates in its settings, so that all nodes of a database serve under one CA.
 */
export async function openServerTls(
  store: Store,
  dataKeys: DataKeys,
  extraNames: readonly string[],
  now: Date,
): Promise<ServerTls> {
  const wanted = [...new Set(['localhost', '127.0.0.1', '::1', hostname(), ...extraNames])].filter(
    isName,
  )
  for (;;) {
    const [caKey] = await dataKeys.all('tls-ca')
    const [serverKey] = await dataKeys.all('tls-server')
    const ca = (await findSetting(store.read, CA_CERTIFICATE))?.value
    const server = (await findSetting(store.read, SERVER_CERTIFICATE))?.value
    if (caKey && serverKey && ca && server && serves(server, serverKey.key, wanted, now))
      return opened(ca, server, serverKey.key)
    await make(store, dataKeys, { caKey, ca, serverKey }, wanted, now)
  }
}

function opened(ca: string, server: string, key: KeyObject): ServerTls {
  return {
    ca,
    context: { key: key.export({ format: 'pem', type: 'pkcs8' }), cert: `${server}\n${ca}` },
    notAfter: new Date(new X509Certificate(server).validTo),
  }
}

function serves(pem: string, key: KeyObject, wanted: readonly string[], now: Date): boolean {
  const certificate = new X509Certificate(pem)
  if (Date.parse(certificate.validTo) - now.getTime() < RENEW_BEFORE_MS) return false
  if (!certificate.checkPrivateKey(key)) return false
  return wanted.every((name) =>
    name.includes(':') || /^\d+(\.\d+){3}$/.test(name)
      ? certificate.checkIP(name) !== undefined
      : certificate.checkHost(name) !== undefined,
  )
}

/** Another node may be doing the same; the one that comes second takes what the first has made. */
async function make(
  store: Store,
  dataKeys: DataKeys,
  found: { caKey: DataKey | undefined; ca: string | undefined; serverKey: DataKey | undefined },
  names: readonly string[],
  now: Date,
): Promise<void> {
  const { makeCaCertificate, makeServerCertificate } = await import('./certificates.ts')
  const caKey = found.caKey ?? dataKeys.make('tls-ca', 1)
  const ca = found.ca ?? (await makeCaCertificate(caKey.key, 'Keystead server CA', now))
  const serverKey = dataKeys.make('tls-server', 1 + (found.serverKey?.row.version ?? 0))
  const server = await makeServerCertificate(
    serverKey.key,
    names,
    { certificate: ca, key: caKey.key },
    now,
  )
  const taken = new Fault('conflict', 'another node has made the certificate')
  await store
    .transact(async (tx) => {
      for (const key of [found.caKey ? undefined : caKey, serverKey])
        if (key) tx.run(tx.insertInto('data_keys').values(key.row), { duplicate: taken })
      if (found.serverKey)
        tx.run(tx.deleteFrom('data_keys').where('id', '=', found.serverKey.row.id), {
          rows: 1,
          otherwise: taken,
        })
      const updated_at = stamp(now)
      const values = {
        [SERVER_CERTIFICATE]: server,
        ...(found.ca ? undefined : { [CA_CERTIFICATE]: ca }),
      }
      for (const [key, value] of Object.entries(values))
        putSetting(tx, await findSetting(store.read, key), { key, value, updated_at }, taken)
    })
    .catch((failure: unknown) => {
      if (failure !== taken) throw failure
    })
}

/** A host may be called anything; only names that a certificate can carry go in. */
const isName = (name: string): boolean =>
  name.includes(':') || /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(name)
