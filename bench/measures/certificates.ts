import { ocspRequest, readCrl, readOcsp } from '../../test/support/revocation.ts'
import type { Question as SigningQuestion } from '../floors/certificate-signing.ts'
import { Floor } from '../floors.ts'
import { type Lab, rateRatio, type Side } from '../lab.ts'
import { Peer } from '../peer.ts'
import type { Keystead, Session } from '../server.ts'
import { spread } from '../statistics.ts'

const CAS = '/api/v1/ca/local-cas'
/** cfssl's name for the CA beside which each of ours stands, and what P5 asks for. */
const kinds = [
  { name: 'P-256', body: { algorithm: 'ECDSA', size: 256 }, peer: 'ecdsa', least: 1.2 },
  { name: 'RSA-2048', body: { algorithm: 'RSA', size: 2048 }, peer: 'rsa', least: 3 },
] as const

interface Authority {
  readonly id: string
  readonly cert: string
}

/** Certificates issued and stored, OCSP answers, and how long a revocation takes to be seen. */
export async function certificates(lab: Lab): Promise<void> {
  const server = await lab.server(lab.few)
  const session = await server.signIn()
  const post = (path: string, body: object, status: number) =>
    server.call(
      { method: 'POST', path, headers: session.bearer, body: JSON.stringify(body) },
      status,
    )
  const { csr } = await post('/api/v1/ca/csr', { cn: 'bench.example.com', algorithm: 'ECDSA' }, 201)
  const authority = async (body: object): Promise<Authority> => {
    const { id } = await post(CAS, { cn: 'Bench CA', ...body }, 201)
    const { cert } = await post(`${CAS}/${id}/self-sign`, { duration: 3650 }, 200)
    return { id: String(id), cert: String(cert) }
  }
  const signing = new Floor<SigningQuestion>('certificate-signing.ts')
  const peer = lab.options.peers ? Peer.prepare('cfssl') : undefined
  try {
    for (const { name, body, peer: ca, least } of kinds) {
      const { id } = await authority(body)
      const issue = async () => ({
        connections: lab.connections,
        requests: [issueRequest(await server.signIn(), id, String(csr))],
        expect: [201],
      })
      const sides: Side[] = [
        lab.stream(`certificate issued and stored, ${name} CA`, server, lab.seconds(2), issue),
        signing.side(`floor: raw signatures, ${name}`, { seconds: lab.seconds(0.5), key: name }),
      ]
      const running = await peer?.start([ca], INFO, 200)
      try {
        if (running)
          sides.push(
            lab.stream(
              `cfssl ${peer?.version}: certificate, not stored, no TLS, ${name} CA`,
              running,
              lab.seconds(2),
              () => ({
                connections: lab.connections,
                requests: [signRequest(String(csr))],
                expect: [200],
              }),
            ),
          )
        const [ours = [], raw = [], theirs] = await lab.interleave(sides)
        lab.compare(`certificates, ${name} CA, against raw signatures`, rateRatio(ours, raw))
        lab.find({
          promise: 'P5',
          metric: `certificate stored durably, ${name} CA, against Debian's cfssl not storing`,
          figure: theirs && rateRatio(ours, theirs),
          unit: '×',
          target: { least },
          tolerance: true,
          ...(!theirs && { missing: 'cfssl is not measured; see --peers' }),
        })
      } finally {
        await running?.stop()
      }
    }
    await revocation(lab, server, session, await authority(kinds[0].body), String(csr))
  } finally {
    await signing.stop()
  }
}

const issueRequest = (session: Session, ca: string, csr: string) => ({
  method: 'POST',
  path: `${CAS}/${ca}/certs`,
  headers: session.bearer,
  body: JSON.stringify({ csr, purpose: 'server', duration: 90 }),
})

const INFO = { method: 'POST', path: '/api/v1/cfssl/info', body: '{"label":""}' }

const signRequest = (csr: string) => ({
  method: 'POST',
  path: '/api/v1/cfssl/sign',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ certificate_request: csr }),
})

const ROUNDS = 30

/** Answers of the responder, and the way of a revocation from its acknowledgement to list and responder. */
async function revocation(
  lab: Lab,
  server: Keystead,
  session: Session,
  ca: Authority,
  csr: string,
): Promise<void> {
  const call = (path: string, body: object, status: number) =>
    server.call(
      { method: 'POST', path, headers: session.bearer, body: JSON.stringify(body) },
      status,
    )
  const certs = `${CAS}/${ca.id}/certs`
  const issue = async () => {
    const made = await call(certs, { csr, purpose: 'server', duration: 90 }, 201)
    return { id: String(made['id']), serial: String(made['serialNumber']) }
  }
  const { serial } = await issue()
  const publishing = { target: server.publishing, pid: server.pid }
  const ask = (nonce?: Buffer) => {
    const request = ocspRequest(ca.cert, [serial], nonce ? { nonce } : {})
    const path = `/pki/${ca.id}/ocsp/${encodeURIComponent(request.toString('base64'))}`
    return () => ({
      connections: lab.connections,
      requests: [{ method: 'GET', path }],
      expect: [200],
    })
  }
  await lab.interleave([
    lab.stream(
      'OCSP answer signed for its nonce',
      publishing,
      lab.seconds(1.5),
      ask(Buffer.alloc(16, 1)),
    ),
    lab.stream('OCSP answer given again', publishing, lab.seconds(1.5), ask()),
  ])

  const { host, port } = server.publishing
  const fetched = async (path: string, body?: Buffer) => {
    const init = body && {
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request' },
      body: new Uint8Array(body),
    }
    const answer = await fetch(`http://${host}:${port}/pki/${ca.id}/${path}`, init)
    return Buffer.from(await answer.arrayBuffer())
  }
  const acknowledged: number[] = []
  const listed: number[] = []
  const answered: number[] = []
  for (let round = 0; round < (lab.options.quick ? ROUNDS / 3 : ROUNDS); round++) {
    const { id, serial: own } = await issue()
    const began = performance.now()
    await call(`${certs}/${id}/revoke`, { reason: 'superseded' }, 200)
    const done = performance.now()
    const status = readOcsp(await fetched('ocsp', ocspRequest(ca.cert, [own])), ca.cert).answers[0]
    const asked = performance.now()
    const list = readCrl(await fetched('crl'), ca.cert)
    if (status?.is !== 'revoked' || !list.entries.has(own))
      throw new Error('a revocation was not seen by the first request after it')
    acknowledged.push(done - began)
    answered.push(asked - done)
    listed.push(performance.now() - asked)
  }
  lab.time('revocation, durable, until acknowledged', spread(acknowledged))
  lab.time('then the first OCSP answer, which says so', spread(answered))
  lab.time('then the first list, which says so', spread(listed))
}
