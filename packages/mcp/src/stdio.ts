import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { type DaemonCalls, daemonCalls } from './calls.ts'
import { readEnvironment } from './environment.ts'
import { repeatKeys } from './repeat-keys.ts'
import { sealedStates, stateKey } from './sealed-state.ts'
import { createServer } from './server.ts'

/** How long an unfinished call may hold up the end of the process. */
const GRACE_MS = 3_000

/** Stdout belongs to the protocol. */
const log = (message: string): void => void process.stderr.write(`[waiaas-mcp] ${message}\n`)

/** Serves one MCP client on stdin and stdout until it closes stdin, or the process is told to end. */
export async function serveOnStdio(): Promise<void> {
  const environment = readEnvironment(process.env)
  let clientName: string | undefined
  const agentName = () => nameOf(clientName, environment.walletName)
  const calls = daemonCalls({ ...environment, agentName }, log)
  const call: DaemonCalls['call'] = (operation, input, options) => {
    clientName = options.clientName ?? clientName
    return calls.call(operation, input, options)
  }
  let isStopping = false
  let served: ReturnType<typeof serveStdio> | undefined
  const stop = () => {
    if (isStopping) return
    isStopping = true
    setTimeout(() => process.exit(0), GRACE_MS).unref()
    calls.close()
    served?.close().catch((error: unknown) => log(`closing: ${String(error)}`))
  }
  for (const event of ['end', 'close']) process.stdin.on(event, stop)
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop)
  // The client has gone without a word.
  process.stdout.on('error', stop)
  await calls.start()
  if (isStopping) return
  const { repeatsFolder: folder, tokenFiles } = environment
  const keys = repeatKeys({ folder, of: tokenFiles[0], log })
  // A session keeps its file when its token is renewed.
  const states = { states: sealedStates(stateKey(folder)), session: tokenFiles[0] ?? '' }
  served = serveStdio(() => createServer(call, { ...environment, ...states, log, keys }), {
    onerror: (error) => log(error.message),
    maxSubscriptions: 0,
  })
}

/** What the operator reads when it asks for a session. */
function nameOf(client = 'an MCP client', wallet: string | undefined): string {
  return wallet === undefined ? client : `${client}, for the wallet ${wallet}`
}
