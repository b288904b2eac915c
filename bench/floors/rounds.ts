import { ForeignTime } from '../procfs.ts'
import type { Reading } from '../readings.ts'

/**
 * Makes this process a floor: for each message it works as long as asked, on the server's core, and answers how many
 * operations it did and what they cost.
 */
export function answerRounds<Question extends { seconds: number }>(
  core: number,
  work: (question: Question) => number | Promise<number>,
): void {
  const round = async (question: Question): Promise<Reading> => {
    const foreign = new ForeignTime(core, process.pid)
    const before = process.cpuUsage()
    const began = performance.now()
    const operations = await work(question)
    const seconds = (performance.now() - began) / 1000
    const used = process.cpuUsage(before)
    return {
      perSecond: operations / seconds,
      cpuMicros: (used.user + used.system) / operations,
      foreignShare: foreign.share(),
    }
  }
  process.on('message', (question: Question) => {
    round(question).then(
      (result) => process.send?.({ result }),
      (error: Error) => process.send?.({ error: error.stack ?? error.message }),
    )
  })
  process.on('disconnect', () => process.exit(0))
}

/** Repeats something synchronous for some seconds; looks at the clock once in `stride` times. */
export function repeat(seconds: number, stride: number, once: () => void): number {
  const deadline = performance.now() + seconds * 1000
  let times = 0
  while (performance.now() < deadline) {
    for (let i = 0; i < stride; i++) once()
    times += stride
  }
  return times
}
