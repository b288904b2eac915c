import type { Question as InsertQuestion } from '../floors/sqlite-insert.ts'
import type { Question } from '../floors/store-writes.ts'
import { databaseOf, Floor } from '../floors.ts'
import { type Lab, rateRatio } from '../lab.ts'
import { scratch } from '../processes.ts'

/** What it gains that units which wait for the disk at the same time share a commit. */
export async function groupCommit(lab: Lab): Promise<void> {
  const clients = lab.connections
  const together = new Floor<Question>('store-writes.ts', scratch('store-together'))
  const alone = new Floor<Question>('store-writes.ts', scratch('store-alone'))
  const seconds = lab.seconds(1.5)
  const writes = { seconds, clients }
  // One short burst, so that there are rows for the floor to go by.
  await together.side('', { ...writes, seconds: 0.1, together: true }).run()
  const bare = new Floor<InsertQuestion>(
    'sqlite-insert.ts',
    databaseOf(scratch('store-together')),
    scratch('store-floor'),
  )
  try {
    const [grouped = [], single = [], bareTogether = [], bareSingle = []] = await lab.interleave([
      together.side('the store alone, 32 clients, group commit', { ...writes, together: true }),
      alone.side('the store alone, 32 clients, one commit each', { ...writes, together: false }),
      bare.side('bare SQLite, the same rows, 32 groups a commit', { seconds, perCommit: clients }),
      bare.side('bare SQLite, the same rows, 1 group a commit', { seconds, perCommit: 1 }),
    ])
    lab.compare(
      'the store alone against bare SQLite, 32 groups a commit',
      rateRatio(grouped, bareTogether),
    )
    lab.compare(
      'the store alone against bare SQLite, 1 group a commit',
      rateRatio(grouped, bareSingle),
    )
    lab.find({
      promise: 'commits',
      metric: 'durable writes a second by group commit against one commit each, 32 clients',
      figure: rateRatio(grouped, single),
      unit: '×',
      target: { least: 4 },
      tolerance: false,
    })
  } finally {
    await Promise.all([together.stop(), alone.stop(), bare.stop()])
  }
}
