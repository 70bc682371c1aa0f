import { setTimeout as pause } from 'node:timers/promises'
import { cardText, parseUnits, TIERS, type Tier, type Transaction, type TransactionSent } from '@waiaas/contract'
import type { Localnet } from '@waiaas/localnet'
import { WAIaaSClient, WAIaaSError, WAIaaSOwnerClient } from '@waiaas/sdk'
import { CommandError } from '../errors.ts'
import { tokenFile, writeSecretFile } from '../place.ts'
import { type Plan, plansFor } from './chains.ts'

export type Tally = { landed: number; refused: number; stopped: number }
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
type Scene = {
  readonly plan: Plan
  readonly walletId: string
  readonly recipient: string
  readonly owner: WAIaaSOwnerClient
  readonly say: Say
}

const delaySeconds = 2
const deadlineMs = 30_000
const limits = {
  instant_max_usd: 10,
  notify_max_usd: 100,
  delay_max_usd: 500,
  delay_seconds: delaySeconds,
  daily_limit_usd: 5_000,
}

/** The whole demo: all payments, and then a stop of everything. Fails at the first step that does not do what it should. */
export async function runScript(parts: Parts): Promise<Tally> {
  const { agent, evm, ...tally } = await payAll(parts)
  await stopAll(agent, evm)
  await parts.operator.recoverKillSwitch()
  parts.say('operator: lifts the kill switch again\n')
  return { ...tally, stopped: 1 }
}

/** What waits for its owner. `approve` signs it, and says when it has landed. */
export type Waiting = { readonly card: string; readonly approve: () => Promise<void> }
export type Left = { readonly tally: Tally; readonly waiting: readonly Waiting[] }

/** The same for somebody who looks on: what a human decides waits at the end. */
export async function runToWaiting(parts: Parts): Promise<Left> {
  const { agent, evm, solana } = await meet(parts)
  const tiers = TIERS.filter((tier) => tier !== 'APPROVAL')
  const landed = await payTiers(agent, [evm, solana], tiers)
  await sendTooMuch(agent, evm)
  await stopAll(agent, evm)
  await parts.operator.recoverKillSwitch()
  parts.say('operator: lifts the kill switch again\n')
  const waiting = [await leaveWaiting(agent, evm), await leaveWaiting(agent, solana)]
  return { tally: { landed, refused: 1, stopped: 1 }, waiting }
}

async function leaveWaiting(agent: WAIaaSClient, scene: Scene): Promise<Waiting> {
  const { plan, walletId, recipient, owner, say } = scene
  const humanAmount = plan.amounts.APPROVAL
  const { id, tier } = await agent.sendToken({ to: recipient, humanAmount, network: plan.network, walletId })
  expectThat(tier === 'APPROVAL', `the transfer of ${humanAmount} ${plan.symbol} to be APPROVAL`, tier)
  const approve = async () => {
    await owner.approve(id)
    say('owner:    signed it')
    const { txHash } = await untilConfirmed(agent, id)
    say(`${describe(plan, humanAmount, 'APPROVAL')}  landed   ${txHash}`)
  }
  return { card: indented(cardText(await agent.getCard({ id }))), approve }
}

/** Sets the scene as the operator and the owners, then sends as the agent. */
export async function payAll(parts: Parts) {
  const { agent, evm, solana } = await meet(parts)
  const landed = await payTiers(agent, [evm, solana], TIERS)
  await sendTooMuch(agent, evm)
  return { agent, evm, landed, refused: 1 }
}

/** The wallets with their owners, and an agent with a session over them. */
async function meet({ localnet, operator, url, dataDir, say }: Parts) {
  const [evmPlan, solanaPlan] = plansFor(localnet)
  const evm = await setUp(operator, evmPlan, { url, say })
  const solana = await setUp(operator, solanaPlan, { url, say })
  const session = await operator.createSession({ walletIds: [evm.walletId, solana.walletId] })
  await writeSecretFile(tokenFile(dataDir), `${session.token}\n`)
  say('operator: issued a session over both wallets; the agent has nothing but its token\n')

  return { agent: new WAIaaSClient({ baseUrl: url, sessionToken: session.token }), evm, solana }
}

/** How many have landed. */
async function payTiers(agent: WAIaaSClient, scenes: readonly Scene[], tiers: readonly Tier[]): Promise<number> {
  for (const scene of scenes) for (const tier of tiers) await sendOne(agent, scene, tier)
  return scenes.length * tiers.length
}

async function setUp(operator: WAIaaSClient, plan: Plan, { url, say }: Pick<Parts, 'url' | 'say'>): Promise<Scene> {
  const { label, chain } = plan
  const wallet = { chain, environment: 'testnet', createSession: false } as const
  const mine = await operator.createWallet({ ...wallet, name: `demo-${label}` })
  const theirs = await operator.createWallet({ ...wallet, name: `demo-${label}-supplier` })
  await plan.fund(mine.publicKey)
  await operator.createPolicy({ walletId: mine.id, type: 'SPENDING_LIMIT', rules: limits })
  say(`operator: wallet demo-${label} ${mine.publicKey}, funded; its SPENDING_LIMIT:`)
  say('          to 10 USD at once, to 100 with a notice, to 500 after 2 s, above with approval; 5000 a day')
  await operator.setOwner({ id: mine.id, ownerAddress: plan.owner.address })
  const { address: ownerAddress, signMessage } = plan.owner
  const owner = new WAIaaSOwnerClient({ baseUrl: url, ownerAddress, signMessage })
  await owner.verify(mine.id)
  say(`owner:    ${ownerAddress}, who signed that the wallet is theirs`)
  return { plan, walletId: mine.id, recipient: theirs.publicKey, owner, say }
}

async function sendOne(agent: WAIaaSClient, scene: Scene, tier: Tier): Promise<void> {
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
    await approve(agent, scene, sent.id)
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
}

/** The owner reads the card and signs what it says. */
async function approve(agent: WAIaaSClient, { owner, say }: Scene, id: string): Promise<void> {
  say(indented(cardText(await agent.getCard({ id }))))
  await owner.approve(id)
  say('owner:    signed it')
}
const indented = (text: string): string => text.replaceAll(/^/gm, '    ')

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

/** The owner stops everything, alone: nothing is signed after it. */
async function stopAll(agent: WAIaaSClient, { plan, walletId, recipient, owner, say }: Scene): Promise<void> {
  const humanAmount = plan.amounts.INSTANT
  const before = await plan.balance(recipient)
  await owner.activateKillSwitch()
  say('owner:    throws the kill switch')
  const refusal = await refusalOf(agent.sendToken({ to: recipient, humanAmount, network: plan.network, walletId }))
  expectThat(refusal?.code === 'SYSTEM_LOCKED', 'a refusal with SYSTEM_LOCKED', refusal?.code ?? 'none')
  expectThat((await plan.balance(recipient)) === before, 'nothing to arrive', 'a changed balance')
  say(`${describe(plan, humanAmount, 'STOPPED')}  stopped  ${refusal?.message}`)
}

const describe = ({ label, symbol }: Plan, amount: string, tier: string): string =>
  `${label.padEnd(6)}  ${tier.padEnd(8)}  ${`${amount} ${symbol}`.padEnd(10)}`

const reasonOf = ({ decision }: TransactionSent): string =>
  decision?.reasons.map(({ message }) => message).join('; ') || 'within every limit'

function expectThat(isTrue: boolean, expected: string, got: string): void {
  if (!isTrue) throw new CommandError(`demo: expected ${expected}, got ${got}`)
}
