import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { daemonCalls } from './calls.ts'
import { readEnvironment } from './environment.ts'
import { createServer } from './server.ts'

/** How long an unfinished call may hold up the end of the process. */
const GRACE_MS = 3_000

/** Stdout belongs to the protocol. */
const log = (message: string): void => void process.stderr.write(`[waiaas-mcp] ${message}\n`)

/** Serves one MCP client on stdin and stdout until it closes stdin, or the process is told to end. */
export async function serveStdio(): Promise<void> {
  const environment = readEnvironment(process.env)
  const agentName = () => nameOf(server.server.getClientVersion()?.name, environment.walletName)
  const calls = daemonCalls({ ...environment, agentName }, log)
  const server = createServer(calls.call, { ...environment, log })
  server.server.onerror = (error) => log(error.message)
  let isStopping = false
  const stop = () => {
    if (isStopping) return
    isStopping = true
    setTimeout(() => process.exit(0), GRACE_MS).unref()
    calls.close()
    server.close().catch((error: unknown) => log(`closing: ${String(error)}`))
  }
  for (const event of ['end', 'close']) process.stdin.on(event, stop)
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop)
  // The client has gone without a word.
  process.stdout.on('error', stop)
  await calls.start()
  await server.connect(new StdioServerTransport())
}

/** What the operator reads when it asks for a session. */
function nameOf(client = 'an MCP client', wallet: string | undefined): string {
  return wallet === undefined ? client : `${client}, for the wallet ${wallet}`
}
