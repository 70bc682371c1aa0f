import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_SESSION_TTL, type Output, type Parsed, serverName, type sessionOperations } from '@waiaas/contract'
import { serverFor } from '@waiaas/mcp/program'
import type { By } from '../platform/caller.ts'
import type { Issuing } from './issuing.ts'

type Input = Parsed<typeof sessionOperations.createMcpToken>
type Answer = Output<typeof sessionOperations.createMcpToken>

/** Issues a session for an MCP client and leaves its token where the client looks, readable by the owner of the files only. */
export function mcpTokens(issue: Issuing['issue'], dataDir: string) {
  return async (
    { walletId, expiresIn = DEFAULT_SESSION_TTL, labels }: Input,
    baseUrl: string,
    by: By,
  ): Promise<Answer> => {
    const folder = join(dataDir, 'mcp-tokens')
    const tokenPath = join(folder, walletId)
    const draft = join(folder, `.${walletId}.${randomBytes(6).toString('hex')}`)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    try {
      const write = (token: string) => writeFile(draft, token, { mode: 0o600, flag: 'wx' })
      const { wallets, expiresAt } = await issue(
        [walletId],
        { ttl: expiresIn, source: 'mcp', labels },
        { by, beforeCommit: write },
      )
      await rename(draft, tokenPath)
      const name = wallets[0]?.name ?? null
      return {
        walletId,
        walletName: name,
        tokenPath,
        expiresAt,
        claudeDesktopConfig: await clientConfig({ walletId, name, dataDir, baseUrl }),
      }
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  }
}

type Client = { walletId: string; name: string | null; dataDir: string; baseUrl: string }

/** The entry of an MCP client's configuration that starts the server for one wallet. */
async function clientConfig({ walletId, name, ...place }: Client): Promise<Answer['claudeDesktopConfig']> {
  const env = { WAIAAS_WALLET_ID: walletId, ...(name !== null && { WAIAAS_WALLET_NAME: name }) }
  return { [serverName({ id: walletId, name })]: await serverFor(place, env) }
}
