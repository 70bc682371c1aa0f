import { setTimeout as pause } from 'node:timers/promises'
import { parseUnits, TIERS, type Tier, type Transaction, type TransactionSent } from '@waiaas/contract'
import type { Localnet } from '@waiaas/localnet'
import { WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
import { CommandError } from '../errors.ts'
import { tokenFile, writeSecretFile } from '../place.ts'
import { type Plan, plansFor } from './chains.ts'

export type Tally = { landed: number; waiting: number; refused: number }
type Say = (text: string) => void
type Parts = {
  localnet: Pick<Localnet, 'evm' | 'solana'>
  operator: WAIaaSClient
  url: string
  dataDir: string
  /** Hears what happens, line by line. */
  say: Say
}
/** One chain with its wallet and the address that the agent pays. */
type Scene = { readonly plan: Plan; readonly walletId: string; readonly recipient: string; readonly say: Say }

const delaySeconds = 2
const deadlineMs = 30_000
const limits = {
  instant_max_usd: 10,
  notify_max_usd: 100,
  delay_max_usd: 500,
  delay_seconds: delaySeconds,
  daily_limit_usd: 5_000,
}

/** Sets the scene as the operator, then sends as the agent. Fails at the first step that does not do what it should. */
export async function runScript({ localnet, operator, url, dataDir, say }: Parts): Promise<Tally> {
  const [evmPlan, solanaPlan] = plansFor(localnet)
  const evm = await setUp(operator, evmPlan, say)
  const solana = await setUp(operator, solanaPlan, say)
  const session = await operator.createSession({ walletIds: [evm.walletId, solana.walletId] })
  await writeSecretFile(tokenFile(dataDir), `${session.token}\n`)
  say('operator: issued a session over both wallets; the agent has nothing but its token\n')

  const agent = new WAIaaSClient({ baseUrl: url, sessionToken: session.token })
  const tally: Tally = { landed: 0, waiting: 0, refused: 0 }
  for (const scene of [evm, solana]) {
    for (const tier of TIERS) tally[await sendOne(agent, scene, tier)] += 1
  }
  await sendTooMuch(agent, evm)
  tally.refused += 1
  await checkWaiting(agent, [evm, solana])
  return tally
}

async function setUp(operator: WAIaaSClient, plan: Plan, say: Say): Promise<Scene> {
  const { label, chain } = plan
  const wallet = { chain, environment: 'testnet', createSession: false } as const
  const mine = await operator.createWallet({ ...wallet, name: `demo-${label}` })
  const theirs = await operator.createWallet({ ...wallet, name: `demo-${label}-supplier` })
  await plan.fund(mine.publicKey)
  await operator.createPolicy({ walletId: mine.id, type: 'SPENDING_LIMIT', rules: limits })
  say(`operator: wallet demo-${label} ${mine.publicKey}, funded; its SPENDING_LIMIT:`)
  say('          to 10 USD at once, to 100 with a notice, to 500 after 2 s, above with approval; 5000 a day')
  return { plan, walletId: mine.id, recipient: theirs.publicKey, say }
}

async function sendOne(agent: WAIaaSClient, scene: Scene, tier: Tier): Promise<'landed' | 'waiting'> {
  const { plan, walletId, recipient, say } = scene
  const humanAmount = plan.amounts[tier]
  const before = await plan.balance(recipient)
  const startedAt = performance.now()
  const sent = await agent.sendToken({ to: recipient, humanAmount, network: plan.network, walletId })
  expectThat(sent.tier === tier, `the transfer of ${humanAmount} ${plan.symbol} to be ${tier}`, sent.tier)
  const line = describe(plan, humanAmount, tier)
  if (tier === 'APPROVAL') {
    expectThat(sent.status === 'QUEUED', 'it to wait for approval', sent.status)
    say(`${line}  waiting  ${reasonOf(sent)}`)
    return 'waiting'
  }
  const landed = await untilConfirmed(agent, sent.id)
  const seconds = (performance.now() - startedAt) / 1_000
  if (tier === 'DELAY') expectThat(seconds >= delaySeconds, `a delay of ${delaySeconds} s`, `${seconds.toFixed(1)} s`)
  const arrived = (await plan.balance(recipient)) - before
  expectThat(
    arrived === parseUnits(humanAmount, plan.decimals),
    `${humanAmount} ${plan.symbol} to arrive`,
    `${arrived}`,
  )
  say(`${line}  landed   after ${seconds.toFixed(1)} s, ${reasonOf(sent)}\n${' '.repeat(8)}${landed.txHash}`)
  return 'landed'
}

async function untilConfirmed(agent: WAIaaSClient, id: string): Promise<Transaction> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const transaction = await agent.getTransaction(id)
    if (transaction.status === 'CONFIRMED') return transaction
    const isOver = ['FAILED', 'CANCELLED', 'EXPIRED'].includes(transaction.status) || performance.now() > deadline
    expectThat(!isOver, 'the transaction to be CONFIRMED', `${transaction.status} ${transaction.error ?? ''}`)
    await pause(50)
  }
}

async function sendTooMuch(agent: WAIaaSClient, { plan, walletId, recipient, say }: Scene): Promise<void> {
  const humanAmount = '3'
  const before = await plan.balance(recipient)
  const refusal = await refusalOf(agent.sendToken({ to: recipient, humanAmount, network: plan.network, walletId }))
  const [reason] = reasonsOf(refusal)
  expectThat(refusal?.code === 'POLICY_DENIED', 'a refusal with POLICY_DENIED', refusal?.code ?? 'none')
  expectThat(reason?.code === 'SPENDING_LIMIT_EXCEEDED', 'the reason SPENDING_LIMIT_EXCEEDED', `${reason?.code}`)
  expectThat((await plan.balance(recipient)) === before, 'nothing to arrive', 'a changed balance')
  say(`${describe(plan, humanAmount, 'DENIED')}  refused  ${reason?.code}: ${reason?.message}\n`)
}

async function refusalOf(call: Promise<unknown>): Promise<WAIaaSError | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (error instanceof WAIaaSError) return error
    throw error
  }
}

type Said = { code?: unknown; message?: unknown }
const reasonsOf = (refusal: WAIaaSError | undefined): Said[] => {
  const reasons = refusal?.details?.reasons
  return Array.isArray(reasons) ? reasons : []
}

/** The approvals are still where they were: nothing runs by itself. */
async function checkWaiting(agent: WAIaaSClient, scenes: readonly Scene[]): Promise<void> {
  for (const { plan, walletId } of scenes) {
    const { items } = await agent.listPendingTransactions({ walletId })
    const tiers = items.map(({ tier }) => tier).join(', ')
    expectThat(tiers === 'APPROVAL', `one approval to wait on ${plan.label}`, tiers || 'nothing')
  }
}

const describe = ({ label, symbol }: Plan, amount: string, tier: string): string =>
  `${label.padEnd(6)}  ${tier.padEnd(8)}  ${`${amount} ${symbol}`.padEnd(10)}`

const reasonOf = ({ decision }: TransactionSent): string =>
  decision?.reasons.map(({ message }) => message).join('; ') || 'within every limit'

function expectThat(isTrue: boolean, expected: string, got: string): void {
  if (!isTrue) throw new CommandError(`demo: expected ${expected}, got ${got}`)
}
