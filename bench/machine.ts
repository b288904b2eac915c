import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { cpus, release, tmpdir, totalmem } from 'node:os'

/** Magic numbers of statfs(2). */
const fileSystems: Readonly<Record<number, string>> = {
  61267: 'ext4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlayfs',
  16914836: 'tmpfs',
}

/** The machine in general words: what a figure depends on, and nothing that tells one machine from another. */
export async function machine(): Promise<string[]> {
  const processors = cpus()
  const pretty = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  const { type } = await statfs(process.env['BENCH_DIR'] ?? tmpdir())
  const fileSystem = fileSystems[type] ?? `type ${type.toString(16)}`
  return [
    `Processor: ${processors[0]?.model ?? 'unknown'}, ${processors.length} cores`,
    `Memory: ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `System: ${pretty ?? 'Linux'}, kernel ${release()}`,
    `Data folders on: ${fileSystem}${fileSystem === 'tmpfs' ? ', so nothing here was durable: set BENCH_DIR to a folder on a disk' : ''}`,
    `Node ${process.version}, OpenSSL ${process.versions.openssl}, SQLite ${process.versions['sqlite'] ?? 'unknown'}`,
  ]
}
