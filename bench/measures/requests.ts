import type { BareRoute } from '../floors/answers.ts'
import type { Question as InsertQuestion } from '../floors/sqlite-insert.ts'
import { databaseOf, Floor, startBare } from '../floors.ts'
import { type Lab, rateRatio } from '../lab.ts'
import { scratch } from '../processes.ts'
import { createGroupRequest, selfRequest } from '../server.ts'

const selfPath = '/api/v1/auth/self/user'
const groupsPath = '/api/v1/usermgmt/groups/'

/** Reading oneself, and creating a group durably with its audit record, against the same bytes from bare servers. */
export async function requests(lab: Lab): Promise<void> {
  const server = await lab.server(lab.few)
  const session = await server.signIn()
  const self = await server.answer(selfRequest(session))
  const created = await server.answer({
    ...createGroupRequest(session),
    body: '{"name":"bench-sample"}',
  })
  const routes: BareRoute[] = [
    { method: 'GET', path: selfPath, status: self.status, body: self.body },
    { method: 'POST', path: groupsPath, status: created.status, body: created.body },
  ]
  const bareFastify = await startBare('bare-fastify', routes)
  const bareNode = await startBare('bare-node', routes)
  const inserts = new Floor<InsertQuestion>(
    'sqlite-insert.ts',
    databaseOf(server.folder),
    scratch('sqlite-floor'),
  )
  const { connections } = lab
  const getSelf = async () => ({
    connections,
    requests: [selfRequest(await server.signIn())],
    expect: [200],
  })
  const create = (using: number) => async () => ({
    connections: using,
    requests: [createGroupRequest(await server.signIn())],
    expect: [201],
  })
  try {
    const seconds = lab.seconds(1.5)
    const [ours = [], fastify = [], node = []] = await lab.interleave([
      lab.stream('GET self', server, seconds, getSelf),
      lab.stream('GET self: bare fastify, same bytes', bareFastify, seconds, getSelf),
      lab.stream('GET self: bare node:https, same bytes', bareNode, seconds, getSelf),
    ])
    lab.compare('GET self against bare fastify', rateRatio(ours, fastify))
    lab.compare('GET self against bare node:https', rateRatio(ours, node))

    const [durable = [], bareRows = [], barePost = []] = await lab.interleave([
      lab.stream(
        'POST group, durable with audit, 32 connections',
        server,
        lab.seconds(2.5),
        create(connections),
      ),
      inserts.side('bare SQLite, the same two rows, 32 groups a commit', {
        seconds: lab.seconds(2),
        perCommit: connections,
      }),
      lab.stream('POST group: bare fastify, same bytes', bareFastify, seconds, create(connections)),
    ])
    lab.find({
      promise: 'P3',
      metric:
        'POST group (durable, audit) at 32 connections against bare SQLite inserts of the same two rows, 32 a commit',
      figure: rateRatio(durable, bareRows),
      unit: '',
      target: { least: 0.55 },
      tolerance: true,
    })
    lab.compare('POST group against bare fastify', rateRatio(durable, barePost))

    const [single = [], singleRows = []] = await lab.interleave([
      lab.stream(
        'POST group, durable with audit, 1 connection',
        server,
        lab.seconds(1.5),
        create(1),
      ),
      inserts.side('bare SQLite, the same two rows, 1 group a commit', {
        seconds: lab.seconds(1),
        perCommit: 1,
      }),
    ])
    lab.compare(
      'POST group at 1 connection against bare SQLite, 1 a commit',
      rateRatio(single, singleRows),
    )
  } finally {
    await Promise.all([bareFastify.stop(), bareNode.stop(), inserts.stop()])
  }
}
