import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How often a second the disk under the temporary folder makes 4 KiB durable: the most commits that a database can do there. */
export function fsyncRate(seconds: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-bench-disk-'))
  const file = openSync(join(folder, 'log'), 'w')
  try {
    const page = Buffer.alloc(4_096, 1)
    const startedAt = performance.now()
    let count = 0
    while (performance.now() - startedAt < seconds * 1_000) {
      writeSync(file, page)
      fdatasyncSync(file)
      count++
    }
    return (count * 1_000) / (performance.now() - startedAt)
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
}
