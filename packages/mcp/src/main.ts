import { serveOnStdio } from './stdio.ts'

try {
  await serveOnStdio()
} catch (error) {
  process.stderr.write(`[waiaas-mcp] ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
