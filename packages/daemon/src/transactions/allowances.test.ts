import { deployEvmFixtures, evmContracts, mintToken, startEvm } from '@waiaas/localnet'
import { encodeFunctionData, type Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../../../../test/support/daemon.ts'
import { until } from '../../../../test/support/until.ts'
import { GENEROUS, type TestWallet } from '../../../../test/support/wallets.ts'
import { type EvmWorld, evmWorld } from '../../../../test/support/worlds.ts'
import { localEvm } from '../../test/pipeline-bed.ts'
import { evmChain } from '../chains/evm/chain.ts'
import type { Engine } from '../platform/db/database.ts'

const WHOLE = 10n ** 18n
const { abi } = evmContracts.PlainToken
const PERMIT2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3'
/** NFTs that were made, by both engines. */
let made = 0
const NFTS = '0x00000000000000000000000000000000000AF700'

let world: EvmWorld
let token: string
beforeAll(async () => {
  world = await evmWorld()
  token = (await deployEvmFixtures(world.node)).plainToken
  await world.node.rpc('anvil_setCode', [PERMIT2, evmContracts.Permit2.deployedBytecode])
  await world.node.rpc('anvil_setCode', [NFTS, evmContracts.Nft.deployedBytecode])
  // An allowance of all that there is has no limit.
  await mintToken(world.node, token, { to: world.newAddress(), amount: 10n ** 24n })
})
afterAll(() => world?.stop())

type Acting = Pick<EvmWorld['node'], 'rpc' | 'fund'>
/** What somebody sends who needs no key on the node. */
async function actAs(node: Acting, from: string, data: Hex, to = token): Promise<void> {
  await node.fund(from, WHOLE)
  await node.rpc('anvil_impersonateAccount', [from])
  const receipt = await node.rpc('eth_sendTransactionSync', [{ from, to, data, gas: '0x30000' }])
  expect(receipt).toMatchObject({ status: '0x1' })
}

describe.each<Engine>(['sqlite', 'postgres'])('who may take tokens of a wallet, on %s', (engine) => {
  let daemon: TestDaemon
  let wallet: TestWallet
  beforeAll(async () => {
    // Tokens have a price, so that no human is asked.
    const prices = { 'native:local-evm': '2000', [`eip155:31337/erc20:${token.toLowerCase()}`]: '1' }
    const env = { ...world.env, WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify(prices) }
    daemon = await startTestDaemon({ engine, env })
    wallet = await world.wallet(daemon, { limit: GENEROUS })
    await daemon.operator.createPolicy({
      walletId: wallet.id,
      type: 'ALLOWED_TOKENS',
      rules: { tokens: [{ address: token }] },
    })
  })
  afterAll(() => daemon?.stop())

  async function approve(spender: string, amount: bigint): Promise<string> {
    const { id } = await daemon.agent(wallet.token).sendToken({
      ...{ type: 'APPROVE', spender, amount: String(amount), token: { address: token }, network: world.network },
    })
    await until(
      'it to be confirmed',
      async () => (await daemon.operator.getTransaction({ id: id! })).status === 'CONFIRMED',
    )
    return id!
  }

  test('each is listed with what was granted last, what is open on the chain, and what was used', async () => {
    const [one, other] = [world.newAddress(), world.newAddress()]
    await daemon.operator.createPolicy({
      walletId: wallet.id,
      type: 'APPROVED_SPENDERS',
      rules: { spenders: [one, other].map((address) => ({ address, maxAmount: String(100n * WHOLE) })) },
    })
    const refused = await daemon.call('POST', '/v1/transactions/send', {
      as: wallet.token,
      body: {
        type: 'APPROVE',
        spender: world.newAddress(),
        amount: '1',
        token: { address: token },
        network: world.network,
      },
    })
    expect(refused.status).toBe(403)
    await approve(one, 9n * WHOLE)
    const second = await approve(other, 5n * WHOLE)
    const third = await approve(one, 7n * WHOLE)
    await mintToken(world.node, token, { to: wallet.address, amount: 10n * WHOLE })
    await actAs(world.node, one, take(wallet.address, one, 3n * WHOLE))

    const ofOne = {
      ...{ network: world.network, symbol: 'PLAIN', decimals: 18, unlimited: false, transactionId: third },
      ...{ granted: String(7n * WHOLE), grantedFormatted: '7', open: String(4n * WHOLE), openFormatted: '4' },
      ...{ used: String(3n * WHOLE), status: 'CONFIRMED' },
    }
    const ofOther = { transactionId: second, openFormatted: '5', used: '0' }
    for (const api of [daemon.operator, daemon.agent(wallet.token)]) {
      const { items, hasMore } = await api.listAllowances({ id: wallet.id })
      expect(items).toMatchObject([ofOther, ofOne])
      expect(items.map(({ spender }) => spender.toLowerCase())).toEqual([other, one])
      expect(hasMore).toBe(false)
    }

    // Taken back, it keeps its place and says so.
    await approve(other, 0n)
    const page = await daemon.operator.listAllowances({ id: wallet.id, limit: 1 })
    expect(page.items).toMatchObject([{ granted: '0', open: '0', used: '0' }])
    const next = await daemon.operator.listAllowances({ id: wallet.id, limit: 1, cursor: page.nextCursor! })
    expect(next).toMatchObject({ items: [ofOne], hasMore: false, nextCursor: null })
  })

  test('the operator takes one back, once however often it is asked for', async () => {
    const spender = world.newAddress()
    const { own, done, listed } = await allower([spender])
    await done({ type: 'APPROVE', spender, amount: String(3n * WHOLE), token: { address: token } })
    const [given] = await listed()
    const revoke = { id: own.id, allowanceId: given!.id }
    const answers = await Promise.all([1, 2].map(() => daemon.operator.revokeAllowance(revoke)))
    expect(answers[0]).toMatchObject({ type: 'APPROVE', amount: '0', status: 'PENDING', walletId: own.id })
    const [id] = [...new Set(answers.map((one) => one.id))]
    await until(
      'it to be confirmed',
      async () => (await daemon.operator.getTransaction({ id: id! })).status === 'CONFIRMED',
    )
    expect(await listed()).toMatchObject([{ id: given!.id, granted: '0', open: '0', transactionId: id }])
    const { items } = await daemon.operator.adminListTransactions({ wallet_id: own.id })
    expect(items.map((one) => [one.type, one.sessionId === null])).toEqual([
      ['APPROVE', true],
      ['APPROVE', false],
    ])

    await expect(daemon.operator.revokeAllowance({ ...revoke, id: wallet.id })).rejects.toMatchObject({ status: 404 })
    // What landed is what was judged.
    expect(await daemon.operator.getWallet({ id: own.id })).toMatchObject({ status: 'ACTIVE' })
    await daemon.operator.suspendWallet({ id: own.id })
    await expect(daemon.operator.revokeAllowance(revoke)).rejects.toMatchObject({ code: 'WALLET_SUSPENDED' })
  })

  /** A wallet whose human lets it allow whatever these policies name. */
  async function allower(spenders: string[]) {
    const limit = { instant_max_usd: 1_000, notify_max_usd: 1_000, delay_max_usd: 1_000 }
    const own = await world.wallet(daemon, { limit })
    const policies = {
      ALLOWED_TOKENS: { tokens: [token, NFTS].map((address) => ({ address })) },
      APPROVED_SPENDERS: { spenders: [...spenders, PERMIT2].map((address) => ({ address })) },
      APPROVE_AMOUNT_LIMIT: { blockUnlimited: false },
      CONTRACT_WHITELIST: { contracts: [PERMIT2, NFTS].map((address) => ({ address })) },
    }
    for (const [type, rules] of Object.entries(policies))
      await daemon.operator.createPolicy({ walletId: own.id, type: type as 'ALLOWED_TOKENS', rules })
    await daemon.operator.changeWalletCeiling({ id: own.id, network: world.network, contracts: [PERMIT2, NFTS] })
    const done = async (request: object) => {
      const sent = await daemon.call('POST', '/v1/transactions/send', {
        ...{ as: own.token, body: { network: world.network, ...request } },
      })
      expect(sent.status, sent.text).toBe(201)
      const id = String(sent.body.id)
      if (sent.body.status === 'QUEUED') await daemon.operator.adminApproveTransaction({ id })
      await until(
        'it to be confirmed',
        async () => (await daemon.operator.getTransaction({ id })).status === 'CONFIRMED',
      )
    }
    const listed = async () => (await daemon.operator.listAllowances({ id: own.id })).items
    return { own, done, listed }
  }

  test('NFTs that may be taken are listed, one or all of a contract, until they are not', async () => {
    const spender = world.newAddress()
    const nft = (functionName: string, args: readonly unknown[]) =>
      encodeFunctionData({ abi: evmContracts.Nft.abi, functionName, args })
    const asked = { type: 'APPROVE', spender, token: { address: NFTS } }
    const known = { granted: '1', open: '1', used: null }
    const [one, all] = [await allower([spender]), await allower([spender])]
    const tokenId = String(++made)
    await actAs(world.node, spender, nft('mint', [one.own.address, tokenId]), NFTS)
    await one.done({ ...asked, amount: '0', nft: { tokenId, standard: 'ERC-721' } })
    expect(await one.listed()).toMatchObject([{ ...known, nft: { tokenId }, unlimited: false }])
    const revoke = { id: one.own.id, allowanceId: (await one.listed())[0]!.id }
    await expect(daemon.operator.revokeAllowance(revoke)).rejects.toMatchObject({ code: 'UNSUPPORTED_TX_TYPE' })
    // What landed is what was judged.
    expect(await daemon.operator.getWallet({ id: one.own.id })).toMatchObject({ status: 'ACTIVE' })
    await actAs(world.node, spender, nft('transferFrom', [one.own.address, spender, tokenId]), NFTS)
    expect(await one.listed()).toMatchObject([{ granted: '1', open: '0', used: null }])

    await all.done({ ...asked, amount: '1', nft: { tokenId, standard: 'ERC-721' } })
    expect(await all.listed()).toMatchObject([{ ...known, nft: { tokenId: null }, unlimited: true }])
    await actAs(world.node, all.own.address, nft('setApprovalForAll', [spender, false]), NFTS)
    expect(await all.listed()).toMatchObject([{ granted: '1', open: '0', used: null }])
  })

  test('what is allowed at Permit2 counts as used when it was taken, and not when its time is over', async () => {
    const [one, late] = [world.newAddress(), world.newAddress()]
    const { own, done, listed } = await allower([one, late])
    const permit2 = (functionName: string, args: readonly unknown[]) =>
      encodeFunctionData({ abi: evmContracts.Permit2.abi, functionName, args })
    const call = (calldata: Hex) => ({ type: 'CONTRACT_CALL', to: PERMIT2, calldata })
    await mintToken(world.node, token, { to: own.address, amount: 10n * WHOLE })
    await done({ type: 'APPROVE', spender: PERMIT2, amount: String(9n * WHOLE), token: { address: token } })
    await done(call(permit2('approve', [token, one, 5n * WHOLE, 2 ** 40])))
    await done(call(permit2('approve', [token, late, 4n * WHOLE, 1])))
    await actAs(world.node, one, permit2('transferFrom', [own.address, one, 2n * WHOLE, token]), PERMIT2)
    expect(await listed()).toMatchObject([
      { spender: expect.stringMatching(new RegExp(late, 'i')), grantedFormatted: '4', open: '0', used: '0' },
      {
        spender: expect.stringMatching(new RegExp(one, 'i')),
        grantedFormatted: '5',
        openFormatted: '3',
        used: String(2n * WHOLE),
      },
      { grantedFormatted: '9', openFormatted: '7', used: String(2n * WHOLE) },
    ])
  })

  test('one without a limit holds all of the windows in words, until a node has told what the wallet has', async () => {
    const spender = world.newAddress()
    const dollars = { instant_max_usd: 1_000, notify_max_usd: 1_000, delay_max_usd: 1_000 }
    const limit = { ...dollars, daily_limit_usd: 500, over_limit: 'APPROVAL' } as const
    const own = await world.wallet(daemon, { limit })
    const rules = {
      ALLOWED_TOKENS: { tokens: [{ address: token }] },
      APPROVED_SPENDERS: { spenders: [{ address: spender }] },
      APPROVE_AMOUNT_LIMIT: { blockUnlimited: false },
    }
    for (const [type, of] of Object.entries(rules))
      await daemon.operator.createPolicy({ walletId: own.id, type: type as 'ALLOWED_TOKENS', rules: of })
    await daemon.operator.changeWalletCeiling({ id: own.id, network: world.network, contracts: [token] })
    await mintToken(world.node, token, { to: own.address, amount: 10n * WHOLE })
    const agent = daemon.agent(own.token)
    const limits = () => agent.getLimits({ network: world.network })
    const all = String(2n ** 256n - 1n)
    const asked = { type: 'APPROVE', spender, amount: all, token: { address: token }, network: world.network } as const
    const { id } = await agent.sendToken(asked)
    await daemon.operator.adminApproveTransaction({ id: id! })
    expect(await limits()).toMatchObject({
      windows: [{ usedUsd: 500, leftUsd: 0 }],
      reserved: { sessionUsd: null, allowancesUsd: 0 },
    })
    const small = { to: world.newAddress(), amount: '1', network: world.network, dryRun: true } as const
    expect((await agent.sendToken(small)).decision!.suggestion!.message).toContain(
      'all of it is held by an allowance without a limit that is on its way',
    )
    await until('the allowance to land', async () => {
      return (await daemon.operator.getTransaction({ id: id! })).status === 'CONFIRMED'
    })
    await world.finalise()
    await until('the balance to be looked at', async () => {
      return (await limits()).reserved.allowancesUsd! > 0
    })
    // Rounded up.
    expect(await limits()).toMatchObject({
      windows: [{ usedUsd: expect.closeTo(10, 0) }],
      reserved: { allowancesUsd: expect.closeTo(10, 4) },
    })
  })

  test("a session sees nothing of another one's wallet", async () => {
    const stranger = await world.wallet(daemon)
    const { status } = await daemon.call('GET', `/v1/wallets/${wallet.id}/allowances`, { as: stranger.token })
    expect(status).toBe(404)
    expect((await daemon.agent(stranger.token).listAllowances({ id: stranger.id })).items).toEqual([])
  })

  test('what no endpoint tells is unknown, with the reason, and never nothing', async () => {
    world.proxy.mode = 'away'
    try {
      const { items } = await daemon.operator.listAllowances({ id: wallet.id })
      expect(items.length).toBeGreaterThan(0)
      for (const item of items) {
        expect(item).toMatchObject({ open: null, used: null, error: expect.any(String) })
        expect(item.granted).toMatch(/^\d+$/)
      }
    } finally {
      world.proxy.mode = 'pass'
    }
  })
})

test('what two endpoints tell differently is not known', async () => {
  const other = await startEvm()
  const chain = evmChain({ network: localEvm, urls: [world.node.url, other.url], allowForeignGenesis: true })
  try {
    const same = (await deployEvmFixtures(other)).plainToken
    expect(same).toBe(token)
    const [owner, spender, nobody] = [world.newAddress(), world.newAddress(), world.newAddress()]
    const data = encodeFunctionData({ abi, functionName: 'approve', args: [spender, 5n] })
    const asked = [spender, nobody].map((one) => ({ token, spender: one }))
    await actAs(world.node, owner, data)
    const nothing = { open: 0n, lapsed: 0n }
    expect(await chain.allowances(owner, asked)).toEqual([undefined, nothing])
    await actAs(other, owner, data)
    expect(await chain.allowances(owner, asked)).toEqual([{ open: 5n, lapsed: 0n }, nothing])
    // No contract is there to tell it.
    expect(await chain.allowances(owner, [{ token: nobody, spender }])).toEqual([undefined])
  } finally {
    chain.close()
    await other.stop()
  }
})

const take = (from: string, to: string, amount: bigint) =>
  encodeFunctionData({ abi, functionName: 'transferFrom', args: [from as Hex, to as Hex, amount] })
