import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client, type ClientOptions } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

/** The program. */
export const bin = fileURLToPath(new URL('../bin/waiaas-mcp.cjs', import.meta.url))
const pids = new Set<number>()
process.on('exit', () => {
  for (const pid of pids) process.kill(pid, 'SIGKILL')
})

export type Result = { isError?: boolean | undefined; content: unknown; structuredContent?: Record<string, unknown> }
export type Agent = Awaited<ReturnType<typeof startAgent>>

/** How a client of 2026 connects; without it, it speaks as those of 2025 do. */
export const MODERN = { versionNegotiation: { mode: { pin: '2026-07-28' } } } satisfies ClientOptions

const program = { command: process.execPath, args: [bin] }

/** The official client, connected to the real program on stdin and stdout; `server` is how a client starts it. */
export async function startAgent(env: Record<string, string>, server = program) {
  const transport = new StdioClientTransport({ ...server, env, stderr: 'pipe' })
  const errors: string[] = []
  transport.stderr?.on('data', (chunk: Buffer) => errors.push(String(chunk)))
  const client = new Client({ name: 'a test', version: '0' }, MODERN)
  await client.connect(transport)
  const pid = transport.pid
  if (pid === null) throw new Error('the server has no process')
  pids.add(pid)
  return {
    client,
    pid,
    stderr: () => errors.join(''),
    /** Waits until the server has written this to stderr. */
    async said(text: string): Promise<void> {
      while (!errors.join('').includes(text)) await once(transport.stderr!, 'data')
    },
    async tool(name: string, args: Record<string, unknown> = {}): Promise<Result> {
      return (await client.callTool({ name, arguments: args })) as Result
    },
    async close() {
      await client.close()
      pids.delete(pid)
    },
  }
}
