import { readdirSync, readFileSync } from 'node:fs'

/** /proc counts processor time in ticks of a hundredth of a second (proc(5), USER_HZ). */
export const MICROS_PER_TICK = 10_000

interface Stat {
  readonly pid: number
  readonly parent: number
  readonly ticks: number
}

function stat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command stands in parentheses and may hold spaces, so fields are counted from the last one (proc(5)).
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    // utime and stime of all threads; cutime and cstime of children that have ended and were waited for.
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
    return { pid, parent: Number(fields[1]), ticks }
  } catch {
    return undefined // ended between the listing and the reading
  }
}

function family(root: number): Stat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => stat(Number(name)))
    .filter((found) => found !== undefined)
  const found = new Set([root])
  let known = 0
  while (known !== found.size) {
    known = found.size
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid)
  }
  return all.filter(({ pid }) => found.has(pid))
}

/** Processor time of a process with all its threads and descendants so far. */
export const treeTicks = (root: number): number =>
  family(root).reduce((sum, { ticks }) => sum + ticks, 0)

export interface Memory {
  /** Resident pages, as `ps` and most tools report them; pages that processes share count in each. */
  readonly residentMib: number
  /** Shared pages divided among the processes that share them. */
  readonly proportionalMib: number
  readonly processes: number
}

export function treeMemory(root: number): Memory {
  const processes = family(root)
  let resident = 0
  let proportional = 0
  for (const { pid } of processes) {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')
    resident += Number(/^Rss:\s+(\d+)/m.exec(rollup)?.[1])
    proportional += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1])
  }
  return {
    residentMib: resident / 1024,
    proportionalMib: proportional / 1024,
    processes: processes.length,
  }
}

/** How long a core has been busy, with whomever; time the hypervisor gave to others counts too. */
export function coreTicks(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'latin1'))?.[1]
  if (line === undefined) throw new Error(`/proc/stat does not know core ${core}`)
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(' ')
    .map(Number)
  return user + nice + system + irq + softirq + steal
}

/** Takes the time of everything that runs on a core besides one process tree. */
export class ForeignTime {
  readonly #core: number
  readonly #pid: number
  readonly #busy: number
  readonly #own: number
  readonly #began = performance.now()

  constructor(core: number, pid: number) {
    this.#core = core
    this.#pid = pid
    this.#busy = coreTicks(core)
    this.#own = treeTicks(pid)
  }

  /** The part of the core, from 0 to 1, that others took since. */
  share(): number {
    const foreign = coreTicks(this.#core) - this.#busy - (treeTicks(this.#pid) - this.#own)
    const elapsed = (performance.now() - this.#began) * 1000
    return Math.max(0, foreign * MICROS_PER_TICK) / elapsed
  }
}
