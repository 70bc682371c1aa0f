import { agentClients, type Wallet } from '@waiaas/contract'
import { serverFor } from '@waiaas/mcp/program'
import { connectOperator } from '../api.ts'
import { UsageError } from '../errors.ts'
import { ensureSession, ensureWallets, requireMeant, type Session } from '../first-set.ts'
import { daemonFlags, daemonFlagsHelp, readFlags, wholeNumber } from '../flags.ts'
import { clientFile, workFolder } from '../mcp-clients.ts'
import { type Place, tokenFile } from '../place.ts'
import { instant } from '../table.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas quickset --mode mainnet|testnet|local [flags]
Wallets on Solana and EVM, one session over them, its token in <data-dir>/mcp-token, and the MCP configuration.
Running it again reuses the wallets, and the session while more than half of its life is left.
  --mode <mode>           mainnet, testnet or local; real money moves with the word mainnet alone
  --yes-main              on main networks although recovery.key holds the master password in plain text
  --ttl <seconds>         issue a new session of this lifetime; 0 is unlimited
${daemonFlagsHelp}`

const modes = ['mainnet', 'testnet', 'local'] as const

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, {
    ...daemonFlags,
    mode: { type: 'string' },
    'yes-main': { type: 'boolean', default: false },
    ttl: { type: 'string' },
  })
  const mode = modes.find((one) => one === values.mode)
  if (!mode)
    throw new UsageError(
      `expected --mode as one of ${modes.join(', ')}, got ${values.mode === undefined ? 'nothing' : `"${values.mode}"`}`,
      usage,
    )
  const ttl = wholeNumber('ttl', values.ttl, usage)
  const { api, place } = await connectOperator(values)
  if (mode === 'mainnet') requireMeant(place.dataDir, values['yes-main'])
  const wallets = await ensureWallets(api, mode)
  const session = await ensureSession(api, place, { wallets, ttl })
  const config = { mcpServers: { waiaas: await serverFor(place) } }
  if (values.json) printJson({ wallets, session, tokenPath: tokenFile(place.dataDir), config })
  else print(summary({ wallets, session, place, config }))
  return 0
}

type Result = { wallets: readonly Wallet[]; session: Session; place: Place; config: object }

function summary({ wallets, session, place, config }: Result): string {
  const lines = wallets.map(({ name, id, environment, publicKey }) => `${name}  ${publicKey}  ${environment}  ${id}`)
  return `wallets
  ${lines.join('\n  ')}
session ${session.id} (${session.isNew ? 'new' : 'as before'}), expires ${instant(session.expiresAt)}
token   ${tokenFile(place.dataDir)}

MCP configuration, for example for ${clientFile(agentClients['claude-desktop'], workFolder())}:
${JSON.stringify(config, null, 2)}`
}
