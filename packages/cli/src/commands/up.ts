import { AGENT_CLIENTS, agentClients, type Balances, familiesOf, formText, policyTemplates } from '@waiaas/contract'
import { serverFor } from '@waiaas/mcp/program'
import type { WAIaaSClient } from '@waiaas/sdk'
import { connectOperator, type DaemonFlags } from '../api.ts'
import { balancesText } from '../balances.ts'
import { requireMeant } from '../first-set.ts'
import { readFlags } from '../flags.ts'
import { configureClient, workFolder, writtenText } from '../mcp-clients.ts'
import { dataDirOf, type Place, recoveryFile } from '../place.ts'
import { hearStop, unlessStopped } from '../stop-signal.ts'
import { note, print } from '../terminal.ts'
import { asTyped } from '../typed.ts'
import { type Choices, choicesOf, type NetworkWord, remember, wordsOf } from '../up/choices.ts'
import { faucetsText, heldBy, signOfLife, untilFunded } from '../up/money.ts'
import { namesFor, needsOf } from '../up/names.ts'
import { runningAt, startAll } from '../up/running.ts'
import { setUp } from '../up/setting-up.ts'

export const usage = `usage: waiaas up [flags]
From nothing to an agent that pays: daemon, wallets, rules, a session, and the configuration of the agent's program.
Asks what no flag says. The same command again changes nothing that is there, and starts what does not run.
  --network <word>        ${wordsOf('network')}
  --allow <word>          what the agent may do by itself: ${wordsOf('allow')}
  --contracts <a,b>       with trading-bot: the contracts that it may call
  --domains <a,b>         with pays-apis: the servers that it may pay
  --recipients <a,b>      with treasury: the addresses that it may pay
  --client <word>         ${wordsOf('client')}
  --yes-main              real money although recovery.key holds the master password in plain text
  --data-dir <dir>        data directory [WAIAAS_DATA_DIR or ~/.waiaas]
  --password-file <file>  file with the master password; - is stdin`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, {
    network: { type: 'string' },
    allow: { type: 'string' },
    contracts: { type: 'string' },
    domains: { type: 'string' },
    recipients: { type: 'string' },
    client: { type: 'string' },
    'yes-main': { type: 'boolean', default: false },
    'data-dir': { type: 'string' },
    'password-file': { type: 'string' },
  })
  const dataDir = dataDirOf(values['data-dir'])
  const choices = await choicesOf(dataDir, values, usage)
  if (choices.network === 'main') requireMeant(dataDir, values['yes-main'])
  // Heard from the first moment on: a stop must leave nothing behind.
  const stop = hearStop()
  void stop.asked.then(() => note('stopping'))
  // The table of choices has these words alone.
  const start = () => startAll(dataDir, choices.network as NetworkWord, stop.goOn)
  const isRunning = (await runningAt(dataDir)) !== undefined
  const started = isRunning ? undefined : await unlessStopped(stop, start)
  try {
    const at = values['data-dir'] === undefined ? '' : ` --data-dir ${dataDir}`
    const flags = { 'data-dir': dataDir, 'password-file': values['password-file'], json: true }
    const { api, held } = await unlessStopped(stop, () => inOrder({ choices, flags, at, goOn: stop.goOn }))
    if (choices.network === 'test') await waitForMoney(api, held, stop.asked)
    if (!started) return 0
    print('\neverything stays up until Ctrl-C')
    await Promise.race([stop.asked, started.daemon.finished])
    return 0
  } finally {
    await started?.stop()
  }
}

type Order = Pick<Told, 'choices' | 'at'> & { flags: DaemonFlags; goOn: () => void }

/** Sets up what is not there, step by step, and says what there is. */
async function inOrder({ choices, flags, at, goOn }: Order): Promise<{ api: WAIaaSClient; held: Balances[] }> {
  goOn()
  const { api, place } = await connectOperator(flags)
  const wallets = await setUp({ api, place, choices, goOn })
  await remember(place.dataDir, choices)
  goOn()
  const held = await heldBy(api, wallets)
  goOn()
  print(await told({ place, choices, held, at }))
  return { api, held }
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
    `\nWhat it may do by itself:\n${rulesText(choices)}`,
    `\n${await clientText(place, choices.client)}`,
    `\nSay to your agent:\n  What may I spend, and on which networks?${payText(held, choices)}`,
    `\nLook at it:\n  ${place.baseUrl}/admin/ shows wallets, and what waits for you\n  ${asTyped('waiaas tx approve')}${at}`,
    `  the master password is in ${recoveryFile(place.dataDir)}, unless you chose one`,
  ].join('\n')
}

type Words = { readonly means: string; readonly stops: readonly string[] }

function rulesText({ allow, ...named }: Choices): string {
  const template = (policyTemplates as Readonly<Record<string, Words>>)[allow]
  if (!template) return '  pay small amounts under the limit of every new wallet; more waits for you'
  const names = needsOf(allow).map((need) => `- You named the ${need} ${named[need]}.`)
  return [template.means, ...template.stops.map((text) => `- ${text}`), ...names].map((line) => `  ${line}`).join('\n')
}

/** An address that nobody has the key of. */
const NOBODY = '0x00000000000000000000000000000000000A11cE'

/** What an agent can be asked first: a payment where there is money for it, to somebody whom it may pay. */
function payText(held: readonly Balances[], { allow, ...named }: Choices): string {
  const isNamed = needsOf(allow).includes('recipients')
  const found = held.flatMap(({ chain, networks }) => {
    const [to] = isNamed
      ? (namesFor(chain, named).recipients ?? [])
      : [NOBODY].filter((one) => familiesOf(one).includes(chain))
    return to === undefined
      ? []
      : networks.map(({ network, holdings }) => ({ to, network, hasMoney: holdings.length > 0 }))
  })
  const first = found.find(({ hasMoney }) => hasMoney) ?? found[0]
  return first === undefined ? '' : `\n  Pay 2 USDC to ${first.to} on ${first.network}.`
}

async function clientText(place: Place, name: string): Promise<string> {
  const servers = { waiaas: await serverFor(place) }
  const known = AGENT_CLIENTS.find((one) => one === name)
  if (known) return writtenText(known, await configureClient(agentClients[known], servers, workFolder()), servers)
  const { form } = agentClients['claude-desktop']
  return `Put this into the configuration of your agent's program:\n${formText(form, servers)}`
}

async function waitForMoney(api: WAIaaSClient, wallets: readonly Balances[], asked: Promise<unknown>): Promise<void> {
  print(`\n${faucetsText(wallets)}`)
  const isTerminal = process.stderr.isTTY === true
  const held = await untilFunded(api, wallets, { say: signOfLife(isTerminal), asked })
  if (isTerminal) process.stderr.write('\n')
  if (held) print(`money has arrived:\n${balancesText([held])}`)
}
