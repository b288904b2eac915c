/** Asks SQLite whether the file is whole, in a thread of its own: it reads every page. */
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

const { file } = workerData as { file: string }

function problem(): string | undefined {
  try {
    const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
    const [first] = database.prepare('pragma integrity_check(1)').all()
    database.close()
    const answer = String(first?.['integrity_check'])
    return answer === 'ok' ? undefined : answer
  } catch (error) {
    return (error as Error).message
  }
}

parentPort?.postMessage(problem())
