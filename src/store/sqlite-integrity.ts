/** Asks SQLite whether the file is whole, in a thread of its own: it reads every page. */
import { parentPort, workerData } from 'node:worker_threads'
import { integrityProblem } from './integrity.ts'

parentPort?.postMessage(integrityProblem((workerData as { file: string }).file))
