import { join } from 'node:path'
import {
  AGENT_CLIENTS,
  type AgentClient,
  type AgentClientName,
  type AllOperations,
  agentClients,
  clientPlace,
  clientText,
  type Input,
  type McpServer,
  type McpServers,
  serverName,
  type Wallet,
} from '@waiaas/contract'
import { serverFor } from '@waiaas/mcp/program'
import type { WAIaaSClient } from '@waiaas/sdk'
import { connectOperator } from '../api.ts'
import { UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags, wholeNumber } from '../flags.ts'
import { clearClient, clientFile, configureClient, isHere, workFolder, writtenText } from '../mcp-clients.ts'
import { dataDirOf, type Place, writeSecretFile } from '../place.ts'
import { instant } from '../table.ts'
import { print, printJson } from '../terminal.ts'
import { allWallets, isLive, onlyWallet } from '../wallets.ts'

export const usage = `usage: waiaas mcp setup [--wallet <id or name> | --all] [flags]
A session for one wallet or for each, its token in <data-dir>/mcp-tokens/<wallet id>, and our server in the configuration of the programs that agents run in; as it was before it stays beside it, in a backup.
  --wallet <id or name>   the wallet; may be left out where there is only one
  --all                   every wallet
  --client <a,b>          which programs [those on this machine]: ${AGENT_CLIENTS.join(', ')}
  --print                 show the configuration, write nothing; so does --json
  --undo                  take what was written for this data directory out again, and nothing else
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
    client: { type: 'string' },
    print: { type: 'boolean', default: false },
    undo: { type: 'boolean', default: false },
    ttl: { type: 'string' },
    'max-renewals': { type: 'string' },
    lifetime: { type: 'string' },
  })
  if (values.all && values.wallet !== undefined) throw new UsageError('expected --all or --wallet, got both', usage)
  const clients = clientsOf(values.client)
  // A file of ours can be where no program is any more.
  if (values.undo) return undo(dataDirOf(values['data-dir']), values.client === undefined ? AGENT_CLIENTS : clients)
  const limits: Limits = {
    ttl: wholeNumber('ttl', values.ttl, usage),
    maxRenewals: wholeNumber('max-renewals', values['max-renewals'], usage),
    absoluteLifetime: wholeNumber('lifetime', values.lifetime, usage),
  }
  const { api, place: daemon } = await connectOperator(values)
  const wallets = await chosen(api, values)
  const servers: Servers = {}
  for (const wallet of wallets) {
    const { path, expiresAt } = await issueToken(api, daemon, { walletId: wallet.id, ...limits })
    servers[freeName(servers, wallet)] = await serverFor(daemon, {
      WAIAAS_WALLET_ID: wallet.id,
      WAIAAS_WALLET_NAME: wallet.name,
    })
    if (!values.json) print(`${wallet.name}: token in ${path}, ${goodUntil(expiresAt, limits)}`)
  }
  if (values.json) printJson({ mcpServers: servers })
  else if (values.print || clients.length === 0) show(clients.length === 0 ? ['claude-desktop'] : clients, servers)
  else await configure(clients, servers)
  return 0
}

/** Those that are named, or that somebody uses on this machine. */
function clientsOf(given: string | undefined): readonly AgentClientName[] {
  if (given === undefined) return AGENT_CLIENTS.filter((name) => isHere(agentClients[name], workFolder()))
  return given.split(',').map((word) => {
    const name = AGENT_CLIENTS.find((one) => one === word.trim())
    if (name) return name
    throw new UsageError(`expected --client as one of ${AGENT_CLIENTS.join(', ')}, got "${word.slice(0, 40)}"`, usage)
  })
}

function show(clients: readonly AgentClientName[], servers: McpServers): void {
  for (const name of clients) {
    const { label, command }: AgentClient = agentClients[name]
    const place = command ? clientPlace(name) : clientFile(agentClients[name], workFolder())
    print(`\nMCP configuration of ${label}, for ${place}:\n${clientText(name, servers)}`)
  }
}

async function configure(clients: readonly AgentClientName[], servers: McpServers): Promise<void> {
  for (const name of clients)
    print(writtenText(name, await configureClient(agentClients[name], servers, workFolder()), servers))
}

const labelsOf = (clients: readonly AgentClientName[]): string =>
  clients.map((name) => agentClients[name].label).join(', ')

/** The sessions stay: "session revoke" ends one. */
async function undo(dataDir: string, clients: readonly AgentClientName[]): Promise<number> {
  let isIn = false
  for (const name of clients) {
    const { path, outcome, backup } = await clearClient(agentClients[name], dataDir, workFolder())
    const { label } = agentClients[name]
    if (outcome === 'as before') continue
    isIn = true
    if (outcome === 'written') print(`${label}: taken out of ${path}; as it was before in ${backup}`)
    else print(`${label}: ${path} was left alone, because nobody can change it safely; take waiaas out by hand`)
  }
  if (!isIn) print(`nothing of ${dataDir} is in the configuration of ${labelsOf(clients)}`)
  return 0
}

type Choice = { all: boolean; wallet?: string | undefined }

async function chosen(api: WAIaaSClient, { all, wallet }: Choice): Promise<Wallet[]> {
  if (all) return (await allWallets(api)).filter(isLive)
  return [wallet === undefined ? await onlyWallet(api) : await api.getWallet({ id: wallet })]
}

type Wish = Limits & { walletId: string }

async function issueToken(api: WAIaaSClient, place: Place, wish: Wish) {
  const { token, expiresAt } = await api.createSession(wish)
  const path = join(place.dataDir, 'mcp-tokens', wish.walletId)
  await writeSecretFile(path, `${token}\n`)
  return { path, expiresAt }
}

function goodUntil(expiresAt: number, { maxRenewals, absoluteLifetime }: Limits): string {
  if (expiresAt === 0) return 'good for ever'
  const isRenewed = maxRenewals !== 0 && absoluteLifetime === undefined
  return `good until ${instant(expiresAt)}${isRenewed ? ', and renewed by the server while a client uses it' : ''}`
}

type Servers = Record<string, McpServer>
function freeName(servers: Servers, wallet: Wallet): string {
  const short = serverName(wallet)
  return short in servers ? `${short}-${wallet.id.slice(-8)}` : short
}
