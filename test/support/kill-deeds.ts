import { deployEvmFixtures, mintToken } from '@waiaas/localnet'
import { expect } from 'vitest'
import { backdate } from './backdate.ts'
import { type Payment, pay, type Scene } from './crash-scene.ts'
import { fieldsOf, SPENDER } from './permits.ts'
import { until } from './until.ts'
import type { EvmWorld } from './worlds.ts'

/** What a wallet of its own does: asked for again after the kill, it has come to the same. */
type Elsewhere = { resume(): Promise<unknown>; check(): Promise<unknown> }
export type Stage = Scene & {
  world: EvmWorld
  cancelled: Payment[]
  messages: Map<string, string | undefined>
  made: number
  elsewhere: Elsewhere[]
  /** It takes permits, and has a price. */
  token: string
}

/** A token that takes permits, and the prices with it. */
export async function withToken({ node, env }: EvmWorld) {
  const token = (await deployEvmFixtures(node)).permitToken.toLowerCase()
  const prices = { ...JSON.parse(env.WAIAAS_ORACLE_FIXED_PRICES!), [`eip155:${node.chainId}/erc20:${token}`]: '1' }
  return { token, env: { WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify(prices) } }
}

/** Lets what costs nothing in dollars run at once, and what is worth more wait for an approval. */
export const LIMIT = {
  instant_max_usd: 1_000,
  notify_max_usd: 1_000,
  delay_max_usd: 1_000,
  daily_limit_usd: 10_000_000,
}
const NOTHING_RUNS = { ...LIMIT, instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }

export function newPayment(stage: Stage, amount?: bigint): Payment {
  stage.made += 1
  const { world, made } = stage
  return { key: `payment-${made}`, to: world.newAddress(), amount: (amount ?? 0n) + world.amount(made) }
}
/** A payment of a new wallet. */
export async function elsewhere(stage: Stage, limit: Record<string, unknown>) {
  const wallet = await stage.world.wallet(stage.daemon, { limit })
  return { scene: { ...stage, wallet }, payment: newPayment(stage) }
}
const statusOf = async ({ daemon }: Stage, id: string) => (await daemon.operator.getTransaction({ id })).status
const told = async ({ daemon }: Stage, event_type: string, wallet_id: string) =>
  (await daemon.operator.listAuditLogs({ event_type, wallet_id })).data

/** Behind a payment that is being sent two more are signed, and the first of them is taken back: its nonce is to be filled. */
export async function fillGap(stage: Stage): Promise<void> {
  const { world, daemon } = stage
  const { scene, payment: sent } = await elsewhere(stage, LIMIT)
  const [takenBack, behind] = [newPayment(stage), newPayment(stage)]
  const { wallet } = scene
  stage.elsewhere.push({
    resume: async () => undefined,
    async check() {
      await until('what is behind the gap to land', async () => (await world.balance(behind.to)) === behind.amount)
      expect(await world.balance(sent.to)).toBe(sent.amount)
      expect(await world.balance(takenBack.to)).toBe(0n)
      const { items } = await daemon.operator.adminListTransactions({ wallet_id: wallet.id, limit: 100 })
      expect(items.map(({ status }) => status).toSorted()).toEqual(['CANCELLED', ...Array(3).fill('CONFIRMED')])
      expect(await world.node.rpc('eth_getTransactionCount', [wallet.address, 'latest'])).toBe('0x3')
    },
  })
  const sends = world.proxy.sends.length
  world.proxy.mode = 'hold'
  await pay(scene, sent)
  await until('it to be on its way', () => world.proxy.sends.length > sends)
  for (const payment of [takenBack, behind]) {
    await pay(scene, payment)
    await until('it to be signed', async () => (await statusOf(stage, payment.id!)) === 'SUBMITTED')
  }
  const { status } = await daemon.call('POST', `/v1/transactions/${takenBack.id}/cancel`, { as: wallet.token })
  expect(status).toBe(200)
  world.proxy.mode = 'pass'
}

/** Nobody approves it in time. */
export async function lapse(stage: Stage): Promise<void> {
  const { scene, payment } = await elsewhere(stage, { ...NOTHING_RUNS, approval_timeout: 1 })
  stage.elsewhere.push({
    resume: () => pay(scene, payment),
    async check() {
      await until('it to be over', async () => (await statusOf(stage, payment.id!)) === 'EXPIRED')
      expect(await stage.world.balance(payment.to)).toBe(0n)
      expect(await told(stage, 'TX_EXPIRED', scene.wallet.id)).toHaveLength(1)
    },
  })
  await pay(scene, payment)
}

/** A wallet is stopped, what waited there is ended, and a minute later the stop is over. */
export async function endStop(stage: Stage): Promise<void> {
  const { daemon } = stage
  const { scene, payment } = await elsewhere(stage, NOTHING_RUNS)
  const { id } = scene.wallet
  const suspend = () => daemon.operator.suspendWallet({ id })
  const pass = () =>
    backdate(daemon, `update stops set at = at - 60000, due_at = 0 where wallet_id = '${id}' and cancelled = 1`)
  stage.elsewhere.push({
    resume: async () => undefined,
    async check() {
      expect(await statusOf(stage, payment.id!)).toBe('CANCELLED')
      const ended = await until('the stop to be over', async () => {
        const found = await told(stage, 'BACKLOG_CANCELLED', id)
        return found.length > 0 && found
      })
      expect(ended).toMatchObject([{ details: { cancelled: 1 } }])
      expect(await told(stage, 'TX_CANCELLED', id)).toHaveLength(1)
    },
  })
  await pay(scene, payment)
  await suspend()
  await until('what waited to be ended', async () => (await statusOf(stage, payment.id!)) === 'CANCELLED')
  await until('the stop to have counted it', () =>
    pass().then(
      () => true,
      () => false,
    ),
  )
}

/** What a wallet lets somebody take is free again when that can be used no more. */
export async function endVoucher(stage: Stage): Promise<void> {
  const { world, daemon, token } = stage
  const { scene } = await elsewhere(stage, LIMIT)
  const { wallet } = scene
  await mintToken(world.node, token, { to: wallet.address, amount: 1_000n })
  const rules = [
    { type: 'ALLOWED_TOKENS', rules: { tokens: [{ address: token }] } },
    { type: 'APPROVED_SPENDERS', rules: { spenders: [{ address: SPENDER }] } },
  ] as const
  for (const rule of rules) await daemon.operator.createPolicy({ walletId: wallet.id, ...rule })
  const block = (await world.node.rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }
  const deadline = Number(block.timestamp) + 60
  const typedData = {
    domain: { name: 'Test USD', version: '2', chainId: world.node.chainId, verifyingContract: token },
    types: { Permit: fieldsOf('address owner,address spender,uint256 value,uint256 nonce,uint256 deadline') },
    primaryType: 'Permit',
    message: { owner: wallet.address, spender: SPENDER, value: '1', nonce: 0, deadline },
  }
  const key = `permit-${stage.made}`
  const signed = await daemon.call('POST', '/v1/transactions/sign-message', {
    as: wallet.token,
    headers: { 'idempotency-key': key },
    body: { typedData, signType: 'typedData', network: world.network },
  })
  if (signed.status !== 200) throw new Error(`expected a signature, got ${signed.text}`)
  stage.elsewhere.push({
    resume: async () => undefined,
    async check() {
      const ended = await until('it to be over', async () => {
        const found = await told(stage, 'VOUCHER_ENDED', wallet.id)
        return found.length > 0 && found
      })
      expect(ended).toMatchObject([{ details: { isUsed: false } }])
      const { spent } = (
        await daemon.agent(wallet.token).sendToken({
          ...{ to: world.newAddress(), amount: '1', network: world.network, dryRun: true },
        })
      ).decision!.inputs!
      expect(spent.dayUsd).toBe('0')
    },
  })
  await world.node.rpc('evm_increaseTime', [61])
  await backdate(daemon, `update vouchers set due_at = 0 where wallet_id = '${wallet.id}'`)
}

/** All that a wallet holds is sent to one address, a token and then the native currency. */
export async function sweepAll(stage: Stage): Promise<void> {
  const { world, daemon, token } = stage
  const wallet = await world.wallet(daemon, { limit: EVERYTHING })
  const [to, amount] = [world.newAddress(), 700n]
  const held = (who: string) => balanceOf(stage, who)
  await mintToken(world.node, token, { to: wallet.address, amount })
  await until('the tokens to be in a block', async () => (await held(wallet.address)) === amount)
  await daemon.operator.createPolicy({
    ...{ walletId: wallet.id, type: 'ALLOWED_TOKENS', rules: { tokens: [{ address: token }] } },
  })
  const { start, over } = sweepOf(stage, wallet.id, to)
  stage.elsewhere.push({
    resume: start,
    async check() {
      const { steps } = await over()
      expect(steps.map(({ symbol, status, error }) => [symbol, status, error])).toEqual([
        ['USD', 'CONFIRMED', null],
        ['ETH', 'CONFIRMED', null],
      ])
      const { items } = await daemon.operator.adminListTransactions({ wallet_id: wallet.id, limit: 100 })
      expect(items.map(({ status, reason }) => [status, reason])).toEqual(Array(2).fill(['CONFIRMED', 'SWEEP']))
      expect([await held(to), await held(wallet.address)]).toEqual([amount, 0n])
      expect(await world.balance(wallet.address)).toBe(0n)
      expect(await world.balance(to)).toBeGreaterThan(999n * world.unit)
      expect(await world.node.rpc('eth_getTransactionCount', [wallet.address, 'latest'])).toBe('0x2')
    },
  })
  await start()
}

/** Starts a sweep once, and what it has come to when it is over, which is told once. */
function sweepOf(stage: Stage, id: string, to: string) {
  const { daemon, world } = stage
  const about = { id, to, networks: [world.network] }
  const sweepId = async () => (await told(stage, 'SWEEP_STARTED', id))[0]?.details.sweep
  return {
    async start() {
      if ((await sweepId()) !== undefined) return
      const { digest } = (await daemon.operator.sweepWallet(about)) as { digest: string }
      await daemon.operator.sweepWallet({ ...about, digest })
    },
    async over(meanwhile: () => Promise<unknown> = async () => undefined) {
      await until('the sweep to be over', async () => {
        await meanwhile()
        return (await told(stage, 'SWEEP_ENDED', id)).length > 0
      })
      for (const event of ['SWEEP_STARTED', 'SWEEP_ENDED']) expect(await told(stage, event, id), event).toHaveLength(1)
      return daemon.operator.getSweep({ id: String(await sweepId()) })
    },
  }
}

/** A token of a wallet that has nothing for a fee is left, and stays. */
export async function sweepWithoutFee(stage: Stage): Promise<void> {
  const { world, daemon, token } = stage
  const wallet = await world.wallet(daemon, { limit: EVERYTHING })
  await world.node.rpc('anvil_setBalance', [wallet.address, '0x0'])
  await mintToken(world.node, token, { to: wallet.address, amount: 700n })
  await daemon.operator.createPolicy({
    ...{ walletId: wallet.id, type: 'ALLOWED_TOKENS', rules: { tokens: [{ address: token }] } },
  })
  const { start, over } = sweepOf(stage, wallet.id, world.newAddress())
  stage.elsewhere.push({
    resume: start,
    async check() {
      expect((await over()).steps).toMatchObject([{ symbol: 'USD', status: 'LEFT', transactionId: null }])
      expect((await daemon.operator.adminListTransactions({ wallet_id: wallet.id })).items).toEqual([])
    },
  })
  await until('the tokens to be in a block', async () => (await balanceOf(stage, wallet.address)) === 700n)
  await start()
}

/** Half of what is swept has left when somebody says yes to all of it: the step gets another transaction, and that one lands. */
export async function sweepAgain(stage: Stage): Promise<void> {
  const { world, daemon } = stage
  const wallet = await world.wallet(daemon, { limit: NOTHING_RUNS })
  const to = world.newAddress()
  const { start, over } = sweepOf(stage, wallet.id, to)
  const rows = async () => (await daemon.operator.adminListTransactions({ wallet_id: wallet.id, limit: 100 })).items
  const approve = async () => {
    for (const { id } of (await rows()).filter(({ status }) => status === 'QUEUED'))
      await daemon.operator.adminApproveTransaction({ id })
  }
  stage.elsewhere.push({
    resume: start,
    async check() {
      expect((await over(approve)).steps).toMatchObject([{ symbol: 'ETH', status: 'CONFIRMED', error: null }])
      expect((await rows()).map(({ status }) => status)).toEqual(['CONFIRMED', 'FAILED'])
      expect(await world.balance(wallet.address)).toBe(0n)
      expect(await world.balance(to)).toBeGreaterThan(499n * world.unit)
      expect(await world.node.rpc('eth_getTransactionCount', [wallet.address, 'latest'])).toBe('0x1')
    },
  })
  await start()
  await until('it to wait for a human', async () => (await rows())[0]?.status === 'QUEUED')
  await world.node.rpc('anvil_setBalance', [wallet.address, `0x${(500n * world.unit).toString(16)}`])
  await approve()
}

async function balanceOf({ world, token }: Stage, who: string): Promise<bigint> {
  const data = `0x70a08231${who.slice(2).toLowerCase().padStart(64, '0')}`
  return BigInt(String(await world.node.rpc('eth_call', [{ to: token, data }, 'latest'])))
}
const EVERYTHING = { ...LIMIT, instant_max_usd: 5_000_000, notify_max_usd: 5_000_000, delay_max_usd: 5_000_000 }

/** A wallet ends while a payment of it is on its way, and its key is removed. */
export async function purge(stage: Stage): Promise<void> {
  const { world, daemon } = stage
  const { scene, payment } = await elsewhere(stage, LIMIT)
  const { id } = scene.wallet
  await pay(scene, payment)
  await until('it to be SUBMITTED', async () => (await statusOf(stage, payment.id!)) !== 'PENDING')
  const remove = async () => {
    if ((await told(stage, 'WALLET_TERMINATED', id)).length === 0) await daemon.operator.terminateWallet({ id })
    if ((await told(stage, 'WALLET_PURGED', id)).length === 0) await daemon.operator.purgeWallet({ id })
  }
  stage.elsewhere.push({
    resume: remove,
    async check() {
      for (const event of ['WALLET_TERMINATED', 'WALLET_PURGED'])
        expect(await told(stage, event, id), event).toHaveLength(1)
      // It may have been taken back before it left.
      const end = await until('its payment to be over', async () => {
        const status = await statusOf(stage, payment.id!)
        return ['CONFIRMED', 'CANCELLED'].includes(status) && status
      })
      expect(await world.balance(payment.to)).toBe(end === 'CONFIRMED' ? payment.amount : 0n)
    },
  })
  await remove()
}

/** What is in the newest block is taken out of the chain. No other block is made until the daemon has died. */
export async function loseABlock(stage: Stage): Promise<void> {
  const { world, daemon } = stage
  await world.node.rpc('evm_setIntervalMining', [0])
  stage.elsewhere.push({
    resume: () => world.node.rpc('evm_setIntervalMining', [1]),
    check: async () => undefined,
  })
  const payment = newPayment(stage)
  stage.payments.push(payment)
  await pay(stage, payment)
  // What a block that is gone held comes again first, and nothing behind it enters a block before that.
  const arrived = async () => {
    const { fromAddress, attempts } = await daemon.operator.getTransaction(payment.id!)
    const ready = Number(await world.node.rpc('eth_getTransactionCount', [fromAddress, 'pending']))
    return attempts.some(({ nonce }) => nonce !== null && nonce < ready)
  }
  await until('it to arrive', arrived)
  await world.node.mine(1)
  await until('it to be CONFIRMED', async () => (await statusOf(stage, payment.id!)) === 'CONFIRMED')
  await world.node.rpc('anvil_reorg', [1, []])
}
