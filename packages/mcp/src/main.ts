import { serveStdio } from './stdio.ts'

try {
  await serveStdio()
} catch (error) {
  process.stderr.write(`[waiaas-mcp] ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
