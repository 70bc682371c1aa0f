import { join } from 'node:path'
import {
  AGENT_CLIENTS,
  type AllOperations,
  agentClients,
  type Input,
  type McpServer,
  serverName,
  type Wallet,
} from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { connectOperator } from '../api.ts'
import { UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags, wholeNumber } from '../flags.ts'
import { claudeConfigPath, mcpServer } from '../mcp-config.ts'
import { type Place, writeSecretFile } from '../place.ts'
import { print, printJson } from '../terminal.ts'
import { allWallets, isLive, onlyWallet } from '../wallets.ts'

export const usage = `usage: waiaas mcp setup [--wallet <id or name> | --all] [flags]
A session for one wallet or for each, its token in <data-dir>/mcp-tokens/<wallet id>, and the MCP configuration.
  --wallet <id or name>   the wallet; may be left out where there is only one
  --all                   every wallet
  --client <client>       whose configuration is shown: ${AGENT_CLIENTS.join(', ')} [claude-desktop]
  --ttl <seconds>         lifetime of the session; 0 is unlimited [86400]
  --max-renewals <n>      how often it may be renewed [unlimited]
  --lifetime <seconds>    end that no renewal moves [none]
${daemonFlagsHelp}`

type Limits = Pick<Input<AllOperations['createSession']>, 'ttl' | 'maxRenewals' | 'absoluteLifetime'>

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, {
    ...daemonFlags,
    wallet: { type: 'string' },
    all: { type: 'boolean', default: false },
    client: { type: 'string', default: 'claude-desktop' },
    ttl: { type: 'string' },
    'max-renewals': { type: 'string' },
    lifetime: { type: 'string' },
  })
  if (values.all && values.wallet !== undefined) throw new UsageError('expected --all or --wallet, got both', usage)
  const client = AGENT_CLIENTS.find((one) => one === values.client)
  if (!client)
    throw new UsageError(`expected --client as one of ${AGENT_CLIENTS.join(', ')}, got "${values.client}"`, usage)
  const limits: Limits = {
    ttl: wholeNumber('ttl', values.ttl, usage),
    maxRenewals: wholeNumber('max-renewals', values['max-renewals'], usage),
    absoluteLifetime: wholeNumber('lifetime', values.lifetime, usage),
  }
  const { api, place: daemon } = await connectOperator(values)
  const wallets = await chosen(api, values)
  const servers: Servers = {}
  for (const wallet of wallets) {
    const path = await issueToken(api, daemon, { walletId: wallet.id, ...limits })
    servers[freeName(servers, wallet)] = mcpServer(daemon, {
      WAIAAS_WALLET_ID: wallet.id,
      WAIAAS_WALLET_NAME: wallet.name,
    })
    if (!values.json) print(`${wallet.name}: token in ${path}`)
  }
  const { label, where, text } = agentClients[client]
  const place = client === 'claude-desktop' ? claudeConfigPath() : where
  if (values.json) printJson({ mcpServers: servers })
  else print(`\nMCP configuration of ${label}, for ${place}:\n${text(servers)}`)
  return 0
}

type Choice = { all: boolean; wallet?: string | undefined }

async function chosen(api: WAIaaSClient, { all, wallet }: Choice): Promise<Wallet[]> {
  if (all) return (await allWallets(api)).filter(isLive)
  return [wallet === undefined ? await onlyWallet(api) : await api.getWallet({ id: wallet })]
}

type Wish = Limits & { walletId: string }

async function issueToken(api: WAIaaSClient, place: Place, wish: Wish): Promise<string> {
  const { token } = await api.createSession(wish)
  const path = join(place.dataDir, 'mcp-tokens', wish.walletId)
  await writeSecretFile(path, `${token}\n`)
  return path
}

type Servers = Record<string, McpServer>
function freeName(servers: Servers, wallet: Wallet): string {
  const short = serverName(wallet)
  return short in servers ? `${short}-${wallet.id.slice(-8)}` : short
}
