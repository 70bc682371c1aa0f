import { type Balances, policyTemplates } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { connectOperator } from '../api.ts'
import { balancesText } from '../balances.ts'
import { requireMeant } from '../first-set.ts'
import { readFlags } from '../flags.ts'
import { configureClient, mcpClients } from '../mcp-clients.ts'
import { mcpServer } from '../mcp-config.ts'
import { dataDirOf, type Place, recoveryFile } from '../place.ts'
import { stopSignal } from '../stop-signal.ts'
import { print } from '../terminal.ts'
import { type Choices, choicesOf, type NetworkWord, remember, wordsOf } from '../up/choices.ts'
import { faucetsText, heldBy, signOfLife, untilFunded } from '../up/money.ts'
import { runningAt, startAll } from '../up/running.ts'
import { setUp } from '../up/setting-up.ts'

export const usage = `usage: waiaas up [flags]
From nothing to an agent that pays: daemon, wallets, rules, a session, and the configuration of the agent's program.
Asks what no flag says. The same command again changes nothing that is there, and starts what does not run.
  --network <word>        ${wordsOf('network')}
  --allow <word>          what the agent may do by itself: ${wordsOf('allow')}
  --client <word>         ${wordsOf('client')}
  --yes-main              real money although recovery.key holds the master password in plain text
  --data-dir <dir>        data directory [WAIAAS_DATA_DIR or ~/.waiaas]
  --password-file <file>  file with the master password; - is stdin`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, {
    network: { type: 'string' },
    allow: { type: 'string' },
    client: { type: 'string' },
    'yes-main': { type: 'boolean', default: false },
    'data-dir': { type: 'string' },
    'password-file': { type: 'string' },
  })
  const dataDir = dataDirOf(values['data-dir'])
  const choices = await choicesOf(dataDir, values, usage)
  if (choices.network === 'main') requireMeant(dataDir, values['yes-main'])
  // Heard from the first moment on: a stop must leave nothing behind.
  const asked = stopSignal()
  const isRunning = (await runningAt(dataDir)) !== undefined
  // The table of choices has these words alone.
  const started = isRunning ? undefined : await startAll(dataDir, choices.network as NetworkWord)
  try {
    const flags = { 'data-dir': dataDir, 'password-file': values['password-file'], json: true }
    const { api, place } = await connectOperator(flags)
    const wallets = await setUp({ api, place, choices })
    await remember(dataDir, choices)
    const held = await heldBy(api, wallets)
    const at = values['data-dir'] === undefined ? '' : ` --data-dir ${dataDir}`
    print(await told({ place, choices, held, at }))
    if (choices.network === 'test') await waitForMoney(api, held, asked)
    if (!started) return 0
    print('\neverything stays up until Ctrl-C')
    await Promise.race([asked, started.daemon.finished])
    return 0
  } finally {
    await started?.stop()
  }
}

type Told = {
  place: Place
  choices: Choices
  held: readonly Balances[]
  /** What a command says to mean the same daemon. */
  at: string
}

/** What is there now, and what to do with it. */
async function told({ place, choices, held, at }: Told): Promise<string> {
  return [
    `\n${balancesText(held)}`,
    `\nWhat it may do by itself:\n${rulesText(choices.allow)}`,
    `\n${await clientText(place, choices.client)}`,
    `\nSay to your agent:\n  What may I spend, and on which networks?\n  ${payText(held)}`,
    `\nLook at it:\n  ${place.baseUrl}/admin/ shows wallets, and what waits for you\n  npx --no waiaas tx approve${at}`,
    `  the master password is in ${recoveryFile(place.dataDir)}, unless you chose one`,
  ].join('\n')
}

type Words = { readonly means: string; readonly stops: readonly string[] }

function rulesText(allow: string): string {
  const template = (policyTemplates as Readonly<Record<string, Words>>)[allow]
  if (!template) return '  pay small amounts under the limit of every new wallet; more waits for you'
  return [template.means, ...template.stops.map((text) => `- ${text}`)].map((line) => `  ${line}`).join('\n')
}

/** An address that nobody has the key of. */
const NOBODY = '0x00000000000000000000000000000000000A11cE'

/** What an agent can be asked first: a payment where there is money for it. */
function payText(held: readonly Balances[]): string {
  const networks = held.flatMap((wallet) => wallet.networks).filter(({ chainId }) => chainId.startsWith('eip155:'))
  const { network } = networks.find(({ holdings }) => holdings.length > 0) ?? networks[0]!
  return `Pay 2 USDC to ${NOBODY} on ${network}.`
}

async function clientText(place: Place, name: string): Promise<string> {
  const server = mcpServer(place)
  const client = mcpClients[name]
  const config = { mcpServers: { waiaas: server } }
  const shown = `Put this into the configuration of your agent's program:\n${JSON.stringify(config, null, 2)}`
  if (!client) return shown
  // npm runs in the folder of the clone, whatever folder the person is in.
  const { path, outcome, backup } = await configureClient(client, server, process.env.INIT_CWD || process.cwd())
  if (outcome === 'not ours to read') return `${path} is no plain JSON, and was left alone.\n${shown}`
  const kept = backup === undefined ? '' : `, and as it was before in ${backup}`
  return `${client.label}: the server waiaas is in ${path}${outcome === 'as before' ? ' as before' : kept}; ${client.next}`
}

async function waitForMoney(api: WAIaaSClient, wallets: readonly Balances[], asked: Promise<unknown>): Promise<void> {
  print(`\n${faucetsText(wallets)}`)
  const isTerminal = process.stderr.isTTY === true
  const held = await untilFunded(api, wallets, { say: signOfLife(isTerminal), asked })
  if (isTerminal) process.stderr.write('\n')
  if (held) print(`money has arrived:\n${balancesText([held])}`)
}
