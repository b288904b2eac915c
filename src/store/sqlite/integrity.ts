import { DatabaseSync } from 'node:sqlite'

/** What SQLite finds wrong with the file; undefined when it is whole. Reads every page. */
export function integrityProblem(file: string): string | undefined {
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
