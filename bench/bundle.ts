import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Program } from './daemon.ts'

const bundler = fileURLToPath(new URL('../scripts/bundle.ts', import.meta.url))

/** The `waiaas` command as it is shipped, made afresh; removed when the process ends. */
export function shippedProgram(): Program {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-bench-dist-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  execFileSync(process.execPath, [bundler, '--out', folder], { stdio: ['ignore', 'ignore', 'inherit'] })
  const path = join(folder, 'lib/waiaas.js')
  return { nodeArguments: [], run: (dataDir) => [path, 'start', '--data-dir', dataDir] }
}
