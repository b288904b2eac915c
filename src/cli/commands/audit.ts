import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { EXIT, UsageError } from '../failures.ts'
import type { Runner } from './run.ts'

/** Says of every record whether it is as it was written; the exit code is for whoever runs this at night. */
export const verifyAudit: Runner = async ({ terminal, server, serverSettings, invocation }) => {
  const { head: file } = invocation.options
  const head = file === undefined ? undefined : readHead(resolve(terminal.io.cwd, file))
  const { records, problems } = await server.verifyAudit(serverSettings(), head)
  for (const problem of problems) terminal.complain(problem)
  if (problems.length > 0) return EXIT.failed
  terminal.say(
    `${records} audit records, each as it was written${head === undefined ? '.' : ', up to the heads given and since.'}`,
  )
  return EXIT.ok
}

/** One line of JSON on standard output. */
export const exportAuditHead: Runner = async ({ terminal, server, serverSettings }) => {
  terminal.put(`${JSON.stringify(await server.exportAuditHead(serverSettings()))}\n`)
  return EXIT.ok
}

function readHead(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new UsageError(
      error instanceof SyntaxError
        ? `${file} holds no JSON; is it what "keystead audit head" printed?`
        : `${file} cannot be read.`,
    )
  }
}
