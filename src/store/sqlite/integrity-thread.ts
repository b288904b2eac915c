/** Asks SQLite whether the file is whole, in a thread of its own: it reads every page. */
import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { integrityProblem } from './integrity.ts'

// Linux gives each thread a priority of its own (setpriority(2), Bugs); elsewhere this would be the whole process's.
if (process.platform === 'linux') {
  try {
    setPriority(constants.priority.PRIORITY_LOW)
  } catch {
    // Not everybody may; the file is read all the same.
  }
}

parentPort?.postMessage(integrityProblem((workerData as { file: string }).file))
