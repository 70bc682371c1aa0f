import type { AllOperations, Input, Wallet } from '@waiaas/contract'
import { type WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
import { agentClient, connectOperator } from '../api.ts'
import { UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags, wholeNumber } from '../flags.ts'
import { claudeConfigPath, mcpServer } from '../mcp-config.ts'
import { type Place, readIfThere, tokenFile, writeSecretFile } from '../place.ts'
import { instant } from '../table.ts'
import { print, printJson } from '../terminal.ts'
import { allWallets, isLive } from '../wallets.ts'

export const usage = `usage: waiaas quickset [--mode mainnet|testnet|local] [flags]
Wallets on Solana and EVM, one session over them, its token in <data-dir>/mcp-token, and the MCP configuration.
Running it again reuses the wallets, and the session while more than half of its life is left.
  --mode <mode>           mainnet, testnet or local [mainnet]
  --ttl <seconds>         issue a new session of this lifetime; 0 is unlimited
${daemonFlagsHelp}`

const modes = ['mainnet', 'testnet', 'local'] as const
type Mode = (typeof modes)[number]
type Session = { id: string; expiresAt: number; isNew: boolean }

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, {
    ...daemonFlags,
    mode: { type: 'string', default: 'mainnet' },
    ttl: { type: 'string' },
  })
  const mode = modes.find((one) => one === values.mode)
  if (!mode) throw new UsageError(`expected --mode as one of ${modes.join(', ')}, got "${values.mode}"`, usage)
  const ttl = wholeNumber('ttl', values.ttl, usage)
  const { api, place } = await connectOperator(values)
  const wallets = await ensureWallets(api, mode)
  const session = await ensureSession(api, place, { wallets, ttl })
  const config = { mcpServers: { waiaas: mcpServer(place) } }
  if (values.json) printJson({ wallets, session, tokenPath: tokenFile(place.dataDir), config })
  else print(summary({ wallets, session, place, config }))
  return 0
}

const chains = { solana: 'solana', evm: 'ethereum' } as const

async function ensureWallets(api: WAIaaSClient, mode: Mode): Promise<Wallet[]> {
  const known = (await allWallets(api)).filter(isLive)
  const environment = mode === 'mainnet' ? 'mainnet' : 'testnet'
  const wallets: Wallet[] = []
  for (const [label, chain] of Object.entries(chains)) {
    const name = `${label}-${mode}`
    const found = known.find((one) => one.name === name && one.chain === chain && one.environment === environment)
    wallets.push(found ?? (await api.createWallet({ name, chain, environment, createSession: false })))
  }
  return wallets
}

async function ensureSession(
  api: WAIaaSClient,
  place: Place,
  { wallets, ttl }: { wallets: readonly Wallet[]; ttl: number | undefined },
): Promise<Session> {
  const before = await currentSession(place)
  if (before && ttl === undefined && hasHalfItsLife(before)) {
    const linked = new Set(before.wallets.map(({ id }) => id))
    for (const { id } of wallets) if (!linked.has(id)) await api.linkSessionWallet({ id: before.id, walletId: id })
    return { id: before.id, expiresAt: before.expiresAt, isNew: false }
  }
  const request: Input<AllOperations['createSession']> = { walletIds: wallets.map(({ id }) => id) }
  const { id, token, expiresAt } = await api.createSession(ttl === undefined ? request : { ...request, ttl })
  await writeSecretFile(tokenFile(place.dataDir), `${token}\n`)
  // Nobody can find the old token any more.
  if (before) await api.revokeSession({ id: before.id })
  return { id, expiresAt, isNew: true }
}

/** The session whose token the data directory holds, while that token is good. */
async function currentSession({ baseUrl, dataDir }: Place) {
  const token = (await readIfThere(tokenFile(dataDir)))?.trim()
  if (!token) return undefined
  try {
    const { data } = await agentClient(baseUrl, token).listSessions()
    return data.find(({ status }) => status === 'ACTIVE')
  } catch (error) {
    if (error instanceof WAIaaSError && [401, 404].includes(error.status)) return undefined
    throw error
  }
}

function hasHalfItsLife(session: { createdAt: number; lastRenewedAt: number | null; expiresAt: number }): boolean {
  if (session.expiresAt === 0) return true
  const from = session.lastRenewedAt ?? session.createdAt
  return session.expiresAt - Date.now() / 1_000 > (session.expiresAt - from) / 2
}

type Result = { wallets: readonly Wallet[]; session: Session; place: Place; config: object }

function summary({ wallets, session, place, config }: Result): string {
  const lines = wallets.map(({ name, id, environment, publicKey }) => `${name}  ${publicKey}  ${environment}  ${id}`)
  return `wallets
  ${lines.join('\n  ')}
session ${session.id} (${session.isNew ? 'new' : 'as before'}), expires ${instant(session.expiresAt)}
token   ${tokenFile(place.dataDir)}

MCP configuration, for example for ${claudeConfigPath()}:
${JSON.stringify(config, null, 2)}`
}
