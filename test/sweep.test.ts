import { createSolanaRpc, address as solanaAddress } from '@solana/kit'
import { NETWORKS as BUILT_IN, findNetwork, LOCAL_NETWORKS, type Sweep, tokenAsset } from '@waiaas/contract'
import {
  createSolanaFixtures,
  deployEvmFixtures,
  type EvmFixtures,
  type EvmNode,
  mintToken,
  type SolanaFixtures,
  type SolanaNode,
  startEvm,
  startSolana,
} from '@waiaas/localnet'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { verifyReceipt } from '../packages/daemon/src/index.ts'
import { agreeTo, askedFor, ownedBy, verifiedOwner } from './support/consents.ts'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { evmOwner, type TestOwner } from './support/owners.ts'
import { preparedPostgresDatabase } from './support/prepared.ts'
import { evidenceKey, signedBy } from './support/receipts.ts'
import { type RpcProxy, startRpcProxy } from './support/rpc-proxy.ts'
import { until } from './support/until.ts'
import {
  ETHER,
  evmBalance,
  evmWallet,
  GENEROUS,
  newEvmAddress,
  newSolanaAddress,
  SOL,
  solanaBalance,
  solanaWallet,
  type TestWallet,
} from './support/wallets.ts'

const SECOND = { id: 'second', chainId: 4_242, environment: 'testnet', symbol: 'TWO', decimals: 18 } as const
const localSolana = findNetwork(LOCAL_NETWORKS, 'local-solana')!
const NETWORKS = ['local-evm', 'second']
const PUBLIC = BUILT_IN.filter(({ chain, environment }) => chain === 'ethereum' && environment === 'testnet')
const envName = (setting: string): string => `WAIAAS_RPC_${setting.toUpperCase()}`
/** A token of seven units, of which no transfer succeeds. */
const STUCK = {
  address: '0x00000000000000000000000000000000000bad00',
  code: '0x36604411600a575f5ffd5b60075f5260205ff3',
}

let nodes: [EvmNode, EvmNode]
/** Through which the second network is reached, so that it can be silent. */
let second: RpcProxy
let solana: SolanaNode
let evmTokens: EvmFixtures
let splTokens: SolanaFixtures
beforeAll(async () => {
  nodes = [await startEvm({ slotsInAnEpoch: 1 }), await startEvm({ slotsInAnEpoch: 1, chainId: SECOND.chainId })]
  second = await startRpcProxy(nodes[1].url)
  solana = await startSolana({ slotMs: 50, finalSlots: 8 })
  evmTokens = await deployEvmFixtures(nodes[0])
  // The same deployer, so that the addresses are the same too.
  expect((await deployEvmFixtures(nodes[1])).plainToken).toBe(evmTokens.plainToken)
  await nodes[0].rpc('anvil_setCode', [STUCK.address, STUCK.code])
  splTokens = await createSolanaFixtures(solana)
})
afterAll(async () => {
  await second?.stop()
  for (const node of nodes ?? []) await node.stop()
  await solana?.stop()
})

describe.each(['sqlite', 'postgres'] as const)('%s', (engine) => {
  let daemon: TestDaemon
  let options: Parameters<typeof startTestDaemon>[0]
  beforeAll(async () => {
    const mints = [splTokens.splMint, splTokens.token2022Mint].map((mint) => tokenAsset(localSolana, mint))
    const erc20 = [evmTokens.plainToken, evmTokens.oddToken].flatMap((token) =>
      ['eip155:31337', `eip155:${SECOND.chainId}`].map((chain) => `${chain}/erc20:${token.toLowerCase()}`),
    )
    erc20.push(`eip155:31337/erc20:${STUCK.address}`)
    const prices = { 'native:local-evm': '20', 'native:second': '1', 'native:local-solana': '150' }
    options = {
      env: {
        ...(engine === 'postgres' && { WAIAAS_DATABASE_URL: await preparedPostgresDatabase() }),
        // The public ones of the environment, which no test asks.
        ...Object.fromEntries(PUBLIC.map(({ setting }) => [envName(setting), second.url])),
        WAIAAS_RPC_EVM_LOCAL_EVM: nodes[0].url,
        WAIAAS_RPC_LOCAL_SOLANA: solana.url,
        WAIAAS_NETWORKS_EVM: JSON.stringify([{ ...SECOND, rpc: [second.url] }]),
        WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({
          ...prices,
          ...Object.fromEntries([...mints, ...erc20].map((asset) => [asset, '1'])),
        }),
      },
    }
    daemon = await startTestDaemon(options)
    for (const network of NETWORKS)
      for (const [symbol, address, decimals] of [
        ['PLAIN', evmTokens.plainToken, 18],
        ['ODD', evmTokens.oddToken, 6],
      ] as const)
        await daemon.operator.addToken({ network, address, symbol, name: symbol, decimals })
    await daemon.operator.addToken({
      ...{ network: 'local-solana', address: splTokens.splMint, symbol: 'SPL', name: 'SPL', decimals: 6 },
    })
  })
  afterAll(() => daemon?.stop())

  const allow = (wallet: TestWallet, ...tokens: string[]) =>
    daemon.operator.createPolicy({
      walletId: wallet.id,
      type: 'ALLOWED_TOKENS',
      rules: { tokens: tokens.map((address) => ({ address })) },
    })
  async function shown(wallet: TestWallet, to: string, more: object = {}) {
    const plan = await daemon.operator.sweepWallet({ id: wallet.id, to, ...more })
    if (!('digest' in plan)) throw new Error('expected what would be sent')
    return plan
  }
  async function started(wallet: TestWallet, to: string, more: object = {}): Promise<Sweep> {
    const { digest } = await shown(wallet, to, more)
    const sweep = await daemon.operator.sweepWallet({ id: wallet.id, to, ...more, digest })
    if ('digest' in sweep) throw new Error('expected a sweep')
    return sweep
  }
  const over = ({ id }: Sweep, status: Sweep['status'] = 'DONE') =>
    until(`the sweep to be ${status}`, async () => {
      const sweep = await daemon.operator.getSweep({ id })
      return sweep.status === status && sweep
    })
  const balancesOf = async (node: EvmNode, address: string, ...tokens: string[]) => [
    await evmBalance(node, address),
    ...(await Promise.all(tokens.map((token) => tokenBalance(node, token, address)))),
  ]

  test('a wallet with native currency and tokens on two networks ends with what a fee was held for at most', async () => {
    // Another one beside it works on what is asked of the first.
    const twin = engine === 'postgres' ? await startTestDaemon({ ...options, process: true }) : undefined
    onTestFinished(() => twin?.stop())
    const wallet = await evmWallet(daemon, nodes[0], { limit: GENEROUS })
    await nodes[1].fund(wallet.address, 3n * ETHER)
    await allow(wallet, evmTokens.plainToken, evmTokens.oddToken)
    const { plainToken, oddToken } = evmTokens
    for (const node of nodes) await mintToken(node, plainToken, { to: wallet.address, amount: 70n })
    await mintToken(nodes[1], oddToken, { to: wallet.address, amount: 5n })
    const to = newEvmAddress()
    const plan = await shown(wallet, to, { networks: NETWORKS })
    expect(plan.steps.map(({ network, symbol, tier, obstacles }) => [network, symbol, tier, obstacles])).toEqual([
      ['local-evm', 'PLAIN', 'INSTANT', []],
      ['local-evm', 'ETH', 'INSTANT', []],
      ['second', 'PLAIN', 'INSTANT', []],
      ['second', 'ODD', 'INSTANT', []],
      ['second', 'TWO', 'INSTANT', []],
    ])
    expect([plan.left, plan.unread]).toEqual([[], []])
    const sweep = await over(await started(wallet, to, { networks: NETWORKS }))
    expect(sweep.steps.map(({ status, error }) => [status, error])).toEqual(sweep.steps.map(() => ['CONFIRMED', null]))
    expect(await balancesOf(nodes[0], wallet.address, plainToken, oddToken)).toEqual([0n, 0n, 0n])
    // A network that was added may count gas in its own way: a sixth of the limit is a margin, and comes back.
    const [rest, ...tokens] = await balancesOf(nodes[1], wallet.address, plainToken, oddToken)
    const { fee } = await daemon.operator.getTransaction({ id: sweep.steps.at(-1)!.transactionId! })
    expect(rest).toBe(BigInt(fee!.max) - BigInt(fee!.paid!))
    expect(rest! * 6n).toBeLessThanOrEqual(BigInt(fee!.max))
    expect(tokens).toEqual([0n, 0n])
    expect((await balancesOf(nodes[1], to, plainToken, oddToken)).slice(1)).toEqual([70n, 5n])
    expect(await evmBalance(nodes[0], to)).toBeGreaterThan(999n * ETHER)
    const { items } = await daemon.agent(wallet.token).listTransactions({})
    expect(items.map(({ reason }) => reason)).toEqual(items.map(() => 'SWEEP'))
    // One for each step, however many daemons work on them.
    expect(items.length).toBe(5)
    if (twin) expect(await twin.operator.getSweep({ id: sweep.id })).toMatchObject({ status: 'DONE' })
    const first = await daemon.operator.getTransaction({ id: sweep.steps[0]!.transactionId! })
    expect(first).toMatchObject({
      type: 'TOKEN_TRANSFER',
      reason: 'SWEEP',
      sweepId: sweep.id,
      toAddress: expect.any(String),
    })
  })

  test('SPL and Token-2022 leave, their accounts are closed, and the wallet has no lamport left', async () => {
    const wallet = await solanaWallet(daemon, solana, { limit: GENEROUS, lamports: 2n * SOL })
    const { splMint, token2022Mint, token2022FeeMint, mintTo } = splTokens
    await allow(wallet, splMint, token2022Mint)
    const accounts = [
      await mintTo(splMint, wallet.address, 70n),
      await mintTo(token2022Mint, wallet.address, 9n),
      // No list has it, and nothing is in it but rent.
      await mintTo(token2022FeeMint, wallet.address, 0n),
    ]
    const to = newSolanaAddress()
    const plain = await shown(wallet, to, { networks: ['local-solana'] })
    expect(plain.steps).toMatchObject([
      { symbol: 'SPL', amount: '70' },
      { assetId: expect.stringContaining(token2022FeeMint), amount: '0', tier: 'INSTANT', obstacles: [] },
      { symbol: 'SOL' },
    ])
    expect(plain.left).toMatchObject([{ address: token2022Mint, why: expect.stringContaining('in no list') }])
    const wanted = { networks: ['local-solana'], tokens: [token2022Mint] }
    const sweep = await over(await started(wallet, to, wanted))
    expect(sweep.steps.map(({ status }) => status)).toEqual(Array<string>(4).fill('CONFIRMED'))
    for (const address of [wallet.address, ...accounts]) expect(await solanaBalance(solana, address)).toBe(0n)
    const got = await solanaBalance(solana, to)
    // The rent of three accounts comes on top; that of the recipient's two was paid.
    expect([got > 2n * SOL, got < (201n * SOL) / 100n]).toEqual([true, true])
  })

  test('a frozen account and a token that does not move are told before and after, and the others go on', async () => {
    const holder = await solanaWallet(daemon, solana, { limit: GENEROUS, lamports: 2n * SOL })
    const { splMint, token2022Mint, mintTo } = splTokens
    await allow(holder, splMint, token2022Mint)
    const frozen = await mintTo(splMint, holder.address, 70n)
    await mintTo(token2022Mint, holder.address, 9n)
    await freeze(frozen)
    const wanted = { networks: ['local-solana'], tokens: [token2022Mint] }
    const onSolana = await shown(holder, newSolanaAddress(), wanted)
    expect(onSolana.steps[0]).toMatchObject({
      symbol: 'SPL',
      amount: null,
      obstacles: [expect.stringContaining('frozen')],
    })
    const thawless = await over(await started(holder, newSolanaAddress(), wanted))
    expect(thawless.steps.map(({ status }) => status)).toEqual(['LEFT', 'CONFIRMED', 'CONFIRMED'])
    expect(thawless.steps[0]!.error).toContain('frozen')
    expect(await solanaBalance(solana, holder.address)).toBe(0n)

    const stuck = { network: 'local-evm', address: STUCK.address }
    // Everybody has some of it, for as long as it is in the list.
    await daemon.operator.addToken({ ...stuck, symbol: 'STUCK', name: 'STUCK', decimals: 7 })
    const wallet = await evmWallet(daemon, nodes[0], { limit: GENEROUS })
    await allow(wallet, evmTokens.plainToken, STUCK.address)
    await mintToken(nodes[0], evmTokens.plainToken, { to: wallet.address, amount: 7n })
    const on = { networks: ['local-evm'] }
    const stuckStep = (plan: { steps: readonly { symbol: string }[] }) =>
      plan.steps.find(({ symbol }) => symbol === 'STUCK')
    const plan = await shown(wallet, newEvmAddress(), on)
    expect(stuckStep(plan)).toMatchObject({ obstacles: [expect.any(String)] })
    const sweep = await over(await started(wallet, newEvmAddress(), on))
    expect(Object.fromEntries(sweep.steps.map(({ symbol, status }) => [symbol, status]))).toMatchObject({
      ...{ PLAIN: 'CONFIRMED', ETH: 'CONFIRMED', STUCK: expect.stringMatching(/LEFT|FAILED/) },
    })
    expect(stuckStep(sweep)).toMatchObject({ error: expect.any(String) })
    await daemon.operator.removeToken(stuck)
    expect(await balancesOf(nodes[0], wallet.address, evmTokens.plainToken)).toEqual([0n, 0n])
  })

  test('a step that the policies refuse is told before and after, and the others go on', async () => {
    const wallet = await evmWallet(daemon, nodes[0], { limit: GENEROUS })
    await allow(wallet, evmTokens.plainToken)
    for (const token of [evmTokens.plainToken, evmTokens.oddToken])
      await mintToken(nodes[0], token, { to: wallet.address, amount: 7n })
    const to = newEvmAddress()
    const plan = await shown(wallet, to, { networks: ['local-evm'] })
    const odd = plan.steps.find(({ symbol }) => symbol === 'ODD')!
    expect(odd).toMatchObject({ tier: null, amount: '7', obstacles: [expect.stringContaining('allow')] })
    const sweep = await over(await started(wallet, to, { networks: ['local-evm'] }))
    expect(Object.fromEntries(sweep.steps.map(({ symbol, status }) => [symbol, status]))).toEqual({
      ...{ PLAIN: 'CONFIRMED', ODD: 'CANCELLED', ETH: 'CONFIRMED' },
    })
    expect(sweep.steps.find(({ symbol }) => symbol === 'ODD')!.error).toBeTruthy()
    expect(await balancesOf(nodes[0], wallet.address, evmTokens.plainToken, evmTokens.oddToken)).toEqual([0n, 0n, 7n])
  })

  test('without money for its fee a step says so, and is left', async () => {
    const wallet = await evmWallet(daemon, nodes[0], { limit: GENEROUS })
    await allow(wallet, evmTokens.plainToken)
    await mintToken(nodes[1], evmTokens.plainToken, { to: wallet.address, amount: 7n })
    const to = newEvmAddress()
    const { steps } = await shown(wallet, to, { networks: ['second'] })
    expect(steps).toMatchObject([{ symbol: 'PLAIN', obstacles: [expect.stringMatching(/fee|balance|missing|pay/)] }])
    const sweep = await over(await started(wallet, to, { networks: ['second'] }))
    expect(sweep.steps).toMatchObject([{ status: 'LEFT', transactionId: null, error: expect.stringMatching(/TWO/) }])
  })

  test('what waits for a human goes on after a restart, and what it waited for stays last', async () => {
    const limit = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 10 }
    const wallet = await evmWallet(daemon, nodes[0], { limit })
    await allow(wallet, evmTokens.plainToken)
    await mintToken(nodes[0], evmTokens.plainToken, { to: wallet.address, amount: 20n * ETHER })
    const to = newEvmAddress()
    const sweep = await started(wallet, to, { networks: ['local-evm'] })
    const [token, native] = await until('the token to wait', async () => {
      const { steps } = await daemon.operator.getSweep({ id: sweep.id })
      return steps[0]!.status === 'QUEUED' && steps
    })
    expect(native).toMatchObject({ status: 'WAITING', transactionId: null })
    await expect(started(wallet, to, { networks: ['local-evm'] })).rejects.toMatchObject({ code: 'SWEEP_RUNNING' })
    await daemon.kill()
    await daemon.restart()
    await daemon.operator.adminApproveTransaction({ id: token!.transactionId! })
    const last = await until('the native currency to wait', async () => {
      const { steps } = await daemon.operator.getSweep({ id: sweep.id })
      return steps[1]!.status === 'QUEUED' && steps[1]!
    })
    await daemon.operator.adminApproveTransaction({ id: last.transactionId! })
    await over(sweep)
    expect(await balancesOf(nodes[0], wallet.address, evmTokens.plainToken)).toEqual([0n, 0n])
  })

  test.each(['cancel', 'suspend'] as const)('after a %s nothing more of it is sent', async (how) => {
    const limit = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 10 }
    const wallet = await evmWallet(daemon, nodes[0], { limit })
    await allow(wallet, evmTokens.plainToken)
    await mintToken(nodes[0], evmTokens.plainToken, { to: wallet.address, amount: 20n * ETHER })
    const sweep = await started(wallet, newEvmAddress(), { networks: ['local-evm'] })
    await until('the token to wait', async () => {
      const { steps } = await daemon.operator.getSweep({ id: sweep.id })
      return steps[0]!.status === 'QUEUED'
    })
    if (how === 'cancel') {
      expect(await daemon.operator.cancelSweep({ id: sweep.id })).toMatchObject({ cancelled: 1 })
      await expect(daemon.operator.cancelSweep({ id: sweep.id })).rejects.toMatchObject({
        code: 'TX_ALREADY_PROCESSED',
      })
    } else {
      await daemon.operator.suspendWallet({ id: wallet.id })
      await expect(started(wallet, newEvmAddress(), { networks: ['local-evm'] })).rejects.toMatchObject({
        code: 'WALLET_SUSPENDED',
      })
      await daemon.operator.resumeWallet({ id: wallet.id })
    }
    const ended = await over(sweep, how === 'cancel' ? 'CANCELLED' : 'STOPPED')
    expect(ended.steps.map(({ status }) => status)).toEqual(['CANCELLED', 'LEFT'])
    // Another one may begin.
    const next = await started(wallet, newEvmAddress(), { networks: ['local-evm'] })
    expect(next.status).toBe('RUNNING')
    await daemon.operator.cancelSweep({ id: next.id })
  })

  test('a sweep of a wallet with a verified owner waits for that owner, who agrees to where it goes', async () => {
    const wallet = await evmWallet(daemon, nodes[0], { limit: GENEROUS })
    const owner = await verifiedOwner(daemon, wallet.id)
    const [to, another] = [newEvmAddress(), newEvmAddress()]
    const wanted = { networks: ['local-evm'] }
    const start = (address: string) => async () => {
      const { digest } = await shown(wallet, address, wanted)
      return daemon.operator.sweepWallet({ id: wallet.id, to: address, ...wanted, digest })
    }
    const id = await askedFor(start(to))
    const consent = await agreeTo(daemon, { id: id!, walletId: wallet.id, owner })
    const words = `the wallet '${consent.wallets[0]!.name}', ${wallet.address}, on local-evm, to ${to}`
    expect(consent.words.toLowerCase()).toBe(words.toLowerCase())
    const other = await askedFor(start(another))
    expect([other !== undefined, other === id]).toEqual([true, false])
    await over((await start(to)()) as Sweep)
    expect(await evmBalance(nodes[0], to)).toBeGreaterThan(0n)
    expect(await evmBalance(nodes[0], another)).toBe(0n)
    await daemon.operator.terminateWallet({ id: wallet.id })
  })

  test('an owner takes all that a wallet holds to their own address, by one signature, and what is refused stays', async () => {
    const nothing = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }
    const wallet = await evmWallet(daemon, nodes[0], { limit: nothing })
    const { id } = wallet
    await mintToken(nodes[0], evmTokens.plainToken, { to: wallet.address, amount: 70n })
    const { operator } = daemon
    const wanted = { id, network: 'local-evm' }
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        () => 'done',
        ({ code }) => code,
      )
    expect(await codeOf(operator.getWithdrawChallenge(wanted))).toBe('NO_OWNER')
    const stranger = evmOwner()
    await operator.setOwner({ id, ownerAddress: stranger.address })
    expect(await codeOf(operator.getWithdrawChallenge(wanted))).toBe('WITHDRAW_LOCKED_ONLY')
    const owner = await verifiedOwner(daemon, id)

    const { message } = await operator.getWithdrawChallenge(wanted)
    expect(message).toContain(`, ${wallet.address}, on local-evm, to ${owner.address}`)
    const word = await owner.word(message)
    // For one network, and not for all.
    expect(await codeOf(operator.withdrawWallet({ id }, { owner: word }))).toBe('INVALID_NONCE')
    await operator.suspendWallet({ id })
    expect(await codeOf(operator.withdrawWallet(wanted, { owner: word }))).toBe('WALLET_SUSPENDED')
    await operator.resumeWallet({ id })
    const { sweepId, to, results, unread, ...counts } = await operator.withdrawWallet(wanted, { owner: word })
    expect(to).toBe(owner.address)
    expect(counts).toMatchObject({ total: 2, succeeded: 0, failed: 0 })
    expect(results.map(({ asset, status }) => [asset, status])).toEqual([
      [evmTokens.plainToken, 'pending'],
      ['native', 'pending'],
    ])
    expect(results[0]!.amount).toBe('70')
    expect(unread).toEqual([])
    const { steps } = await over(await operator.getSweep({ id: sweepId }))
    expect(steps.map(({ symbol, status }) => [symbol, status])).toEqual([
      ['PLAIN', 'CANCELLED'],
      ['ETH', 'CONFIRMED'],
    ])
    expect(await balancesOf(nodes[0], owner.address, evmTokens.plainToken)).toEqual([expect.any(BigInt), 0n])
    expect(await evmBalance(nodes[0], owner.address)).toBeGreaterThan(0n)
    const { data } = await operator.listAuditLogs({ wallet_id: id, event_type: 'TX_APPROVED', limit: 5 })
    expect(data.map(({ actor, details }) => [actor, details.channel])).toEqual([[`owner:${owner.address}`, 'rest']])
    // It is good once.
    expect(await codeOf(operator.withdrawWallet(wanted, { owner: word }))).not.toBe('done')
    await operator.terminateWallet({ id })
  })

  type Taking = { id: string; owners: readonly TestOwner[] }
  const noMoreEnough: Record<string, (of: Taking) => Promise<unknown>> = {
    async 'they cut off the key that signed for it, which it would go to'({ id, owners: [stolen] }) {
      const asked = { walletId: id, credential: stolen!.address }
      const text = await daemon.operator.getOwnerActionChallenge({
        ...asked,
        action: 'cut-off',
        signer: stolen!.address,
      })
      await daemon.operator.cutOffCredential(asked, { owner: await stolen!.word(text.message) })
    },
    async 'two of them have to agree now'({ id, owners: [owner] }) {
      const change = () => daemon.operator.setOwnersNeeded({ id, needed: 2 })
      await agreeTo(daemon, { id: (await askedFor(change))!, walletId: id, owner: owner! })
      await change()
    },
  }
  test.each(Object.entries(noMoreEnough))('what an owner takes out ends where %s', async (_, change) => {
    const slow = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 1_000_000, delay_seconds: 3_600 }
    const wallet = await evmWallet(daemon, nodes[0], { limit: slow })
    const { id } = wallet
    const { operator } = daemon
    const owners = [evmOwner(), evmOwner()]
    await ownedBy(daemon, id, owners, 1)
    const { address } = owners[0]!
    const wanted = { id, network: 'local-evm' }
    const { message } = await operator.getWithdrawChallenge({ ...wanted, signer: address })
    const { sweepId } = await operator.withdrawWallet(wanted, { owner: await owners[0]!.word(message) })
    const step = await until('its step to wait', async () => {
      const { steps } = await operator.getSweep({ id: sweepId })
      return steps[0]?.status === 'QUEUED' && steps[0]
    })
    await change({ id, owners })
    const ended = await over(await operator.getSweep({ id: sweepId }), 'CANCELLED')
    expect(ended.steps).toMatchObject([{ status: 'CANCELLED', error: /^what approved it is not enough any more/ }])
    expect(await evmBalance(nodes[0], address)).toBe(0n)
    expect((await operator.getTransaction({ id: step.transactionId! })).status).toBe('CANCELLED')
    await operator.terminateWallet({ id })
  })

  test('what the operator takes out alone ends where somebody has verified as the owner before it leaves', async () => {
    const slow = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 1_000_000, delay_seconds: 3_600 }
    const wallet = await evmWallet(daemon, nodes[0], { limit: slow })
    const to = newEvmAddress()
    const sweep = await started(wallet, to, { networks: ['local-evm'] })
    await until('its step to wait', async () => {
      const { steps } = await daemon.operator.getSweep({ id: sweep.id })
      return steps[0]?.status === 'QUEUED'
    })
    await verifiedOwner(daemon, wallet.id)
    const ended = await over(sweep, 'CANCELLED')
    expect(ended.steps).toMatchObject([{ status: 'CANCELLED', error: /^what approved it is not enough any more/ }])
    expect(await evmBalance(nodes[0], to)).toBe(0n)
    await daemon.operator.terminateWallet({ id: wallet.id })
  })

  test('only what was shown is started, to somebody else, and by a digest of its own', async () => {
    const wallet = await evmWallet(daemon, nodes[0], { limit: GENEROUS })
    const to = newEvmAddress()
    const networks = ['local-evm']
    const { digest } = await shown(wallet, to, { networks })
    const start = (more: object) => daemon.operator.sweepWallet({ id: wallet.id, to, networks, digest, ...more })
    await mintToken(nodes[0], evmTokens.plainToken, { to: wallet.address, amount: 1n })
    await expect(start({})).rejects.toMatchObject({ code: 'SWEEP_CHANGED' })
    await expect(start({ to: newEvmAddress() })).rejects.toMatchObject({ code: 'SWEEP_CHANGED' })
    await expect(start({ to: wallet.address })).rejects.toMatchObject({ code: 'INVALID_TRANSACTION' })
    await expect(daemon.operator.getSweep({ id: wallet.id })).rejects.toMatchObject({ code: 'SWEEP_NOT_FOUND' })
    await expect(start({ networks: ['local-solana'] })).rejects.toMatchObject({ code: 'ENVIRONMENT_NETWORK_MISMATCH' })
  })

  test('with a network silent an owner takes out what is on the others, is told so, and each step proves what was signed', async () => {
    const nothing = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }
    const wallet = await evmWallet(daemon, nodes[0], { limit: nothing })
    const { id } = wallet
    const { operator } = daemon
    const people = [evmOwner(), evmOwner()]
    await ownedBy(daemon, id, people)
    const to = people[0]!.address
    second.mode = 'away'
    onTestFinished(() => {
      second.mode = 'pass'
    })
    const word = async (owner: TestOwner) => {
      const { message } = await operator.getWithdrawChallenge({ id, to, signer: owner.address })
      expect(message).toContain('\n- urn:waiaas:owners-needed:2\n')
      return operator.withdrawWallet({ id, to }, { owner: await owner.word(message) })
    }
    await expect(word(people[0]!)).rejects.toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
    const { sweepId, results, unread } = await word(people[1]!)
    expect(results).toMatchObject([{ asset: 'native', network: 'local-evm', status: 'pending' }])
    const silent = [...PUBLIC.map(({ id }) => id), 'second']
    expect(unread.map(({ network }) => network).sort()).toEqual(silent.sort())
    expect(unread.every(({ error }) => error.length > 0)).toBe(true)
    const { steps } = await over(await operator.getSweep({ id: sweepId }))
    expect(await evmBalance(nodes[0], to)).toBeGreaterThan(0n)
    const receipt = await operator.getReceipt({ id: steps[0]!.transactionId! })
    const key = (await operator.getAuditCheckpoint()).publicKey
    const verdict = await verifyReceipt(JSON.parse(JSON.stringify(receipt)), key)
    expect(verdict).toMatchObject({ whole: true, faults: [], missing: [] })
    for (const { address } of people) expect(verdict.proven).toContain(`the key of ${address} signed it`)
    expect(verdict.proven).toContain('as many owners signed as had to: 2 different owners')
    expect(verdict.proven).toContain(`all that it moves goes to ${to}, for which owners signed`)
    const own = evidenceKey()
    const faultsOf = async (more: object) =>
      (await verifyReceipt(signedBy(own, { ...receipt, approval: { ...receipt.approval!, ...more } }), own.publicKey))
        .faults
    const { networks } = receipt.approval!.withdrawal!
    expect(networks).toEqual([...silent, 'local-evm'].sort())
    expect(await faultsOf({ withdrawal: { to: newEvmAddress(), networks } })).toEqual(
      expect.arrayContaining([
        'the owner signed for something else than this digest',
        'it pays somebody else than those for whom the owners signed',
      ]),
    )
    expect(await faultsOf({ withdrawal: { to, networks: ['second'] } })).toContain(
      'its network is none for which the owners signed',
    )
    expect(await faultsOf({ withdrawal: undefined })).toContain('the owner signed for something else than this digest')
    expect(await faultsOf({ needed: 1, others: [] })).toContain(
      'another number of owners had to sign than they signed for',
    )
    await operator.terminateWallet({ id })
  })
})

/** As whoever may freeze accounts of the token does. */
async function freeze(address: string): Promise<void> {
  const rpc = createSolanaRpc(solana.url)
  const { value } = await rpc.getAccountInfo(solanaAddress(address), { encoding: 'base64' }).send()
  const data = Buffer.from(value!.data[0], 'base64')
  data[108] = 2
  solana.setAccount({ address, owner: value!.owner, lamports: value!.lamports, data })
}

async function tokenBalance(node: EvmNode, token: string, owner: string): Promise<bigint> {
  const data = `0x70a08231${owner.slice(2).toLowerCase().padStart(64, '0')}`
  return BigInt((await node.rpc('eth_call', [{ to: token, data }, 'latest'])) as string)
}
