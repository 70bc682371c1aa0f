import { join } from 'node:path'
import type { AllOperations, Input, Wallet } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { connectOperator } from '../api.ts'
import { UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags, wholeNumber } from '../flags.ts'
import { claudeConfigPath, type McpConfig, mcpServer, slug } from '../mcp-config.ts'
import { type Place, writeSecretFile } from '../place.ts'
import { print, printJson } from '../terminal.ts'
import { allWallets, isLive, onlyWallet } from '../wallets.ts'

export const usage = `usage: waiaas mcp setup [--wallet <id or name> | --all] [flags]
A session for one wallet or for each, its token in <data-dir>/mcp-tokens/<wallet id>, and the MCP configuration.
  --wallet <id or name>   the wallet; may be left out where there is only one
  --all                   every wallet
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
    ttl: { type: 'string' },
    'max-renewals': { type: 'string' },
    lifetime: { type: 'string' },
  })
  if (values.all && values.wallet !== undefined) throw new UsageError('expected --all or --wallet, got both', usage)
  const limits: Limits = {
    ttl: wholeNumber('ttl', values.ttl, usage),
    maxRenewals: wholeNumber('max-renewals', values['max-renewals'], usage),
    absoluteLifetime: wholeNumber('lifetime', values.lifetime, usage),
  }
  const { api, place } = await connectOperator(values)
  const wallets = await chosen(api, values)
  const config: McpConfig = { mcpServers: {} }
  for (const wallet of wallets) {
    const path = await issueToken(api, place, { walletId: wallet.id, ...limits })
    config.mcpServers[freeName(config, wallet)] = mcpServer(place, {
      WAIAAS_WALLET_ID: wallet.id,
      WAIAAS_WALLET_NAME: wallet.name,
    })
    if (!values.json) print(`${wallet.name}: token in ${path}`)
  }
  if (values.json) printJson(config)
  else print(`\nMCP configuration, for example for ${claudeConfigPath()}:\n${JSON.stringify(config, null, 2)}`)
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

function freeName({ mcpServers }: McpConfig, { name, id }: Wallet): string {
  const short = `waiaas-${slug(name)}`
  return short in mcpServers ? `${short}-${id.slice(-8)}` : short
}
