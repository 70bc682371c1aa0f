import { add, toBase } from '@waiaas/contract'
import {
  callFixture,
  deployEvmFixtures,
  type EvmFixtures,
  type EvmNode,
  evmContracts,
  mintToken,
  startEvm,
} from '@waiaas/localnet'
import { parseTransaction } from 'viem/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answered,
  changing,
  each,
  ether,
  forwardTo,
  fundedKey,
  type Key,
  localEvm,
  newKey,
  prepare,
  signed,
  startEndpoint,
  tokenAt,
} from '../../../test/evm-bed.ts'
import type { Chain } from '../chain.ts'
import type { Intent } from '../intent.ts'
import { evmChain } from './chain.ts'

let node: EvmNode
let fixtures: EvmFixtures
let chain: Chain
let key: Key
const to = newKey().address

beforeAll(async () => {
  node = await startEvm()
  fixtures = await deployEvmFixtures(node)
})
afterAll(() => node.stop())

const over = (...urls: string[]) => evmChain({ network: localEvm, urls, allowForeignGenesis: false })
/** A fresh chain and key on the shared node. */
async function start() {
  chain = over(node.url)
  key = await fundedKey(node)
  return { chain, key }
}
const hexOf = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString('hex')}` as const
/** Sends bytes that the node takes, and waits until they are in a block: the node answers before it mines. */
async function land(chain: Chain, bytes: Uint8Array) {
  expect(await chain.broadcast([bytes])).toEqual([{ outcome: 'accepted' }])
  await node.mine()
}
const balanceOf = async (address: string) => BigInt((await node.rpc('eth_getBalance', [address, 'latest'])) as string)

test('a transfer with a memo lands with exactly its amount and text', async () => {
  const { chain, key } = await start()
  const recipient = newKey().address
  const { bytes, hash, draft } = await prepare(
    chain,
    key,
    { kind: 'transfer', to: recipient, amount: toBase(5n), memo: 'für 東京 🎉' },
    0,
  )
  expect(await chain.precheck(key.address, [draft], [])).toEqual([null])
  await land(chain, bytes)
  expect(await balanceOf(recipient)).toBe(5n)
  const landed = (await node.rpc('eth_getTransactionByHash', [hash])) as { input: string; type: string; from: string }
  expect(Buffer.from(landed.input.slice(2), 'hex').toString()).toBe('für 東京 🎉')
  expect(landed).toMatchObject({ type: '0x2', from: key.address.toLowerCase() })
})

test('a network with the older fees gets legacy transactions', async () => {
  const { key } = await start()
  const legacy = evmChain({ network: { ...localEvm, fees: 'legacy' }, urls: [node.url], allowForeignGenesis: true })
  const recipient = newKey().address
  const { bytes, draft } = await prepare(
    legacy,
    key,
    { kind: 'transfer', to: recipient, amount: toBase(5n), memo: 'x' },
    0,
  )
  expect(parseTransaction(hexOf(bytes))).toMatchObject({ type: 'legacy', chainId: 31337 })
  await land(legacy, bytes)
  expect(await balanceOf(recipient)).toBe(5n)
  expect(draft.maxFee).toBe(BigInt(JSON.parse(draft.body).gas) * BigInt(JSON.parse(draft.body).gasPrice))
})

test.each(['eip1559', 'legacy'] as const)('all of it leaves, to the last wei, with %s fees', async (fees) => {
  const { key } = await start()
  const chain = evmChain({ network: { ...localEvm, fees }, urls: [node.url], allowForeignGenesis: true })
  const to = newKey().address
  const { asked } = await chain.unitPrice()
  const drains = asked + asked / 4n + 1n
  const balance = await balanceOf(key.address)
  const { maxFee } = await chain.draft(key.address, { kind: 'transfer', to, amount: toBase(1n), drains })
  const intent: Intent = { kind: 'transfer', to, amount: toBase(balance - maxFee), drains }
  const over = await chain.draft(key.address, { ...intent, amount: toBase(intent.amount + 1n) })
  expect(await chain.precheck(key.address, [over], [])).toMatchObject([{ code: 'INSUFFICIENT_BALANCE' }])
  const { bytes, draft } = await prepare(chain, key, intent, 0)
  expect(await chain.precheck(key.address, [draft], [])).toEqual([null])
  await land(chain, bytes)
  expect([await balanceOf(key.address), await balanceOf(to)]).toEqual([0n, intent.amount])
  await expect(chain.draft(key.address, intent, { replaces: draft })).rejects.toMatchObject({
    code: 'INSUFFICIENT_BALANCE',
  })
  await expect(chain.draft(key.address, { ...intent, drains: 1n })).rejects.toMatchObject({
    code: 'INVALID_TRANSACTION',
  })
})

test.each(['plainToken', 'oddToken', 'permitToken'] as const)('a transfer of the %s lands', async (name) => {
  const { chain, key } = await start()
  await mintToken(node, fixtures[name], { to: key.address, amount: 100n })
  const token = await chain.token(fixtures[name])
  const recipient = newKey().address
  const { bytes, draft } = await prepare(
    chain,
    key,
    { kind: 'token-transfer', to: recipient, amount: toBase(40n), token },
    0,
  )
  expect(await chain.precheck(key.address, [draft], [])).toEqual([null])
  await land(chain, bytes)
  expect(await chain.tokenBalances(recipient, [token])).toEqual([{ token, amount: 40n }])
})

test('gas of a repeated token transfer and of plain transfers is known without asking', async () => {
  const { key } = await start()
  await mintToken(node, fixtures.plainToken, { to: key.address, amount: 100n })
  const { url, seen } = await startEndpoint(forwardTo(node.url))
  const asked = () => seen.flat().map(({ method }) => method)
  const time = { now: 0 }
  const chain = evmChain({ network: localEvm, urls: [url], allowForeignGenesis: true, clock: () => time.now })
  const token = tokenAt(fixtures.plainToken)
  const pay: Intent = { kind: 'token-transfer', to, amount: toBase(40n), token }
  const first = await chain.draft(key.address, pay)
  expect(asked()).toContain('eth_estimateGas')
  await chain.draft(key.address, { kind: 'transfer', to, amount: toBase(1n) })
  seen.length = 0
  time.now += localEvm.blockMs - 1
  const second = await chain.draft(key.address, { ...pay, amount: toBase(3n) })
  const plain = await chain.draft(key.address, { kind: 'transfer', to, amount: toBase(2n) })
  expect(asked()).toEqual([])
  expect(JSON.parse(plain.body).gas).toBe('21000')
  expect(BigInt(JSON.parse(second.body).gas)).toBeGreaterThanOrEqual(BigInt(JSON.parse(first.body).gas))
})

test('a transfer to a contract is estimated, and one that it would refuse is refused with its words', async () => {
  const { chain, key } = await start()
  const intent: Intent = { kind: 'transfer', to: fixtures.sink, amount: toBase(3n) }
  const { draft, bytes, hash } = await prepare(chain, key, intent, 0)
  expect(BigInt(JSON.parse(draft.body).gas)).toBeGreaterThan(21_000n)
  await land(chain, bytes)
  expect(await node.rpc('eth_getTransactionReceipt', [hash])).toMatchObject({ status: '0x1' })
  await expect(chain.draft(key.address, { ...intent, memo: 'hello' })).rejects.toThrow(/memo would be a call/)
  const refuse = (refusing: boolean) =>
    callFixture(node, { contract: 'Sink', address: fixtures.sink, functionName: 'setRefusing', args: [refusing] })
  await refuse(true)
  await expect(chain.draft(key.address, intent)).rejects.toMatchObject({ code: 'INVALID_TRANSACTION' })
  await refuse(false)
})

test('a transfer of more tokens than there are is refused as such, at the draft and before sending', async () => {
  const { chain, key } = await start()
  await mintToken(node, fixtures.oddToken, { to: key.address, amount: 100n })
  const pay = (amount: bigint, token: string): Intent => ({
    kind: 'token-transfer',
    to,
    amount: toBase(amount),
    token: tokenAt(token),
  })
  await expect(chain.draft(key.address, pay(101n, fixtures.oddToken))).rejects.toMatchObject({
    code: 'INSUFFICIENT_BALANCE',
  })
  await expect(chain.draft(key.address, pay(1n, fixtures.permitToken))).rejects.toMatchObject({
    code: 'INSUFFICIENT_BALANCE',
  })
  const drafts = [
    await chain.draft(key.address, pay(60n, fixtures.oddToken)),
    await chain.draft(key.address, pay(50n, fixtures.oddToken)),
  ]
  expect(await chain.precheck(key.address, drafts, [])).toMatchObject([null, { code: 'INSUFFICIENT_BALANCE' }])
})

test('a token that says no without a revert, and one that would revert, are found before sending', async () => {
  const { chain, key } = await start()
  const token = newKey().address
  // Code that answers 2^256 - 1 to everything.
  await node.rpc('anvil_setCode', [token, '0x60001960005260206000f3'])
  const draft = await chain.draft(key.address, {
    kind: 'token-transfer',
    to,
    amount: toBase(1n),
    token: tokenAt(token),
  })
  // Now transfer returns false, then reverts.
  await node.rpc('anvil_setCode', [
    token,
    '0x60003560e01c63a9059cbb14601a5760001960005260206000f35b600060005260206000f3',
  ])
  expect(await chain.precheck(key.address, [draft], [])).toMatchObject([
    { code: 'INVALID_TRANSACTION', message: expect.stringContaining('returns false') },
  ])
  await node.rpc('anvil_setCode', [token, '0x60003560e01c63a9059cbb14601a5760001960005260206000f35b60006000fd'])
  expect(await chain.precheck(key.address, [draft], [])).toMatchObject([{ code: 'INVALID_TRANSACTION' }])
})

test('drafts are measured one after the other against what is not promised yet', async () => {
  const { chain, key } = await start()
  const drafts = await Promise.all(
    [400n, 599n, 700n].map((n) => chain.draft(key.address, { kind: 'transfer', to, amount: toBase(n * ether) })),
  )
  expect(await chain.precheck(key.address, drafts, [])).toMatchObject([null, null, { code: 'INSUFFICIENT_BALANCE' }])
  expect(
    await chain.precheck(key.address, drafts.slice(0, 2), [{ hash: null, nonce: 0, cost: toBase(500n * ether) }]),
  ).toMatchObject([null, { message: /500 ETH of it promised/ }])
  await node.fund(key.address, 1_000n * ether)
  // Money that came in since is seen at once.
  expect(await chain.precheck(key.address, drafts, [])).toMatchObject([null, null, null])
})

test('what a promise was kept with is promised no longer, whatever was cached', async () => {
  const { chain, key } = await start()
  const first = await prepare(chain, key, { kind: 'transfer', to, amount: toBase(600n * ether) }, 0)
  const next = [await chain.draft(key.address, { kind: 'transfer', to, amount: toBase(500n * ether) })]
  const promised = [{ hash: first.hash, nonce: 0, cost: add(toBase(600n * ether), first.draft.maxFee) }]
  expect(await chain.precheck(key.address, next, promised)).toMatchObject([{ code: 'INSUFFICIENT_BALANCE' }])
  await land(chain, first.bytes)
  await node.fund(key.address, 501n * ether)
  expect(await chain.precheck(key.address, next, promised)).toEqual([null])
})

test('a look at the balance from before money came in refuses nothing', async () => {
  const key = newKey()
  const held = Promise.withResolvers<void>()
  const looked = Promise.withResolvers<void>()
  const forward = forwardTo(node.url)
  const { url, seen } = await startEndpoint(async (body, response, raw) => {
    const answer = await forward(body, response, raw)
    if ([body].flat().length > 1 || [body].flat()[0]?.method !== 'eth_getBalance') return answer
    looked.resolve()
    await held.promise
    return answer
  })
  const chain = evmChain({ network: localEvm, urls: [url], allowForeignGenesis: false, clock: () => 0 })
  const draft = await chain.draft(key.address, { kind: 'transfer', to, amount: toBase(ether) })
  const shown = chain.balance(key.address)
  await looked.promise
  await node.fund(key.address, 2n * ether)
  const found = chain.precheck(key.address, [draft], [])
  held.resolve()
  expect(await shown).toBe(0n)
  expect(await found).toEqual([null])
  seen.length = 0
  expect(await chain.precheck(key.address, [draft], [])).toEqual([null])
  expect(seen).toEqual([])
})

describe('a node behind the others', () => {
  const header = { error: { code: -32000, message: 'header not found' } }
  /** Behind one address or as an endpoint of its own: it says what was true before, and knows no newer block. */
  const behind = (isAsked: () => boolean, before: Record<string, Answered>) =>
    startEndpoint(
      changing(node.url, ({ method, params }) => {
        if (!isAsked() || !before[method]) return undefined
        return params.includes('latest') ? before[method] : header
      }),
    )
  const poor = { eth_getBalance: { result: '0x0' } }
  const short = { code: 'INSUFFICIENT_BALANCE', message: expect.stringContaining('the balance is 0 ETH') }

  test('refuses nothing for want of money that came since, where another endpoint knows it', async () => {
    const key = await fundedKey(node)
    const { url } = await behind(() => true, poor)
    const draft = await over(url).draft(key.address, { kind: 'transfer', to, amount: toBase(ether) })
    const both = evmChain({ network: localEvm, urls: [url, node.url], allowForeignGenesis: false })
    expect(await both.precheck(key.address, [draft], [])).toEqual([null])
  })

  test('is doubted where it is asked by itself, until another node behind the same address is', async () => {
    const key = await fundedKey(node)
    let isBehind = true
    const { url } = await behind(() => isBehind, poor)
    const chain = over(url)
    const draft = await chain.draft(key.address, { kind: 'transfer', to, amount: toBase(ether) })
    const doubt = expect.stringContaining('the newest block cannot be read')
    expect(await chain.precheck(key.address, [draft], [])).toEqual([{ ...short, doubt }])
    isBehind = false
    expect(await chain.precheck(key.address, [draft], [])).toEqual([null])
  })

  test('refuses no token that it does not know yet', async () => {
    const key = await fundedKey(node)
    await mintToken(node, fixtures.plainToken, { to: key.address, amount: 100n })
    const pay: Intent = { kind: 'token-transfer', to, amount: toBase(60n), token: tokenAt(fixtures.plainToken) }
    const draft = await over(node.url).draft(key.address, pay)
    for (const answer of [{ result: `0x${'0'.repeat(64)}` }, { error: { code: 3, message: 'execution reverted' } }]) {
      const { url } = await behind(() => true, { eth_call: answer })
      const one = await over(url).precheck(key.address, [draft], [])
      expect(one).toMatchObject([{ doubt: expect.any(String) }])
      const both = evmChain({ network: localEvm, urls: [url, node.url], allowForeignGenesis: false })
      expect(await both.precheck(key.address, [draft], [])).toEqual([null])
    }
  })

  test('is believed when the newest block says the same', async () => {
    const chain = over(node.url)
    const { address } = newKey()
    const draft = await chain.draft(address, { kind: 'transfer', to, amount: toBase(ether) })
    expect(await chain.precheck(address, [draft], [])).toEqual([short])
  })
})

test('a transfer is not refused for another one that was asked for at the same time', async () => {
  const { chain, key } = await start()
  await mintToken(node, fixtures.plainToken, { to: key.address, amount: 100n })
  const pay = (amount: bigint) =>
    chain.draft(key.address, {
      kind: 'token-transfer',
      to: key.address,
      amount: toBase(amount),
      token: tokenAt(fixtures.plainToken),
    })
  const [tooMuch, enough] = await Promise.allSettled([pay(101n), pay(100n)])
  expect(tooMuch.status).toBe('rejected')
  expect(enough.status).toBe('fulfilled')
})

test('nothing is sent from an account that is delegated or a contract', async () => {
  const { chain, key } = await start()
  const drafts = [await chain.draft(key.address, { kind: 'transfer', to, amount: toBase(1n) })]
  await node.rpc('anvil_setCode', [key.address, `0xef0100${fixtures.sink.slice(2)}`])
  expect(await over(node.url).precheck(key.address, drafts, [])).toMatchObject([
    { code: 'INVALID_TRANSACTION', message: expect.stringContaining(fixtures.sink.toLowerCase()) },
  ])
  await node.rpc('anvil_setCode', [key.address, '0x6000'])
  expect(await over(node.url).precheck(key.address, drafts, [])).toMatchObject([{ code: 'INVALID_TRANSACTION' }])
})

test('a batch is sent in order and in one request', async () => {
  // Told when to mine: while a batch arrives, an Anvil that mines by itself may lose sight of the rest of it.
  const quiet = await startEvm({ extraArgs: ['--no-mining'] })
  try {
    const key = await fundedKey(quiet)
    const { url, seen } = await startEndpoint(forwardTo(quiet.url))
    const chain = over(url)
    const draft = await chain.draft(key.address, { kind: 'transfer', to, amount: toBase(1n) })
    const all = await Promise.all(Array.from({ length: 64 }, (_, nonce) => signed(chain, key, draft, nonce)))
    seen.length = 0
    const outcomes = await chain.broadcast(all.map(({ bytes }) => bytes))
    expect(outcomes).toEqual(all.map(() => ({ outcome: 'accepted' })))
    expect(seen.length).toBe(1)
    await quiet.mine()
    expect(await chain.order!.nextNonce(key.address, 0)).toBe(64)
  } finally {
    await quiet.stop()
  }
})

test('what the node says of bytes it does not want is understood', async () => {
  const quiet = await startEvm({ extraArgs: ['--no-mining'] })
  try {
    const key = await fundedKey(quiet)
    const chain = over(quiet.url)
    const first = await prepare(chain, key, { kind: 'transfer', to, amount: toBase(1n) }, 0)
    const rival = await prepare(chain, key, { kind: 'transfer', to, amount: toBase(2n) }, 0)
    const rich = await prepare(chain, key, { kind: 'transfer', to, amount: toBase(10_000n * ether) }, 1)
    expect(
      await chain.broadcast([first.bytes, first.bytes, rival.bytes, rich.bytes, Buffer.from('02c0', 'hex')]),
    ).toMatchObject([
      { outcome: 'accepted' },
      { outcome: 'known' },
      { outcome: 'refused', reason: 'underpriced' },
      { outcome: 'refused', reason: 'insufficient-funds' },
      { outcome: 'refused', reason: 'invalid' },
    ])
    const better = await chain.draft(
      key.address,
      { kind: 'transfer', to, amount: toBase(2n) },
      { replaces: first.draft },
    )
    const { bytes } = await signed(chain, key, better, 0)
    expect(await chain.broadcast([bytes])).toEqual([{ outcome: 'accepted' }])
    await quiet.mine()
    expect(await chain.broadcast([first.bytes])).toMatchObject([{ outcome: 'refused', reason: 'nonce-used' }])
  } finally {
    await quiet.stop()
  }
})

test('tokens are read from the chain, and what is none is refused by name', async () => {
  const { chain } = await start()
  expect(await chain.token(fixtures.permitToken.toLowerCase())).toEqual({
    address: fixtures.permitToken,
    asset: `eip155:31337/erc20:${fixtures.permitToken.toLowerCase()}`,
    symbol: 'TUSD',
    name: 'Test USD',
    decimals: 6,
  })
  await expect(chain.token(newKey().address)).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' })
  await expect(chain.token(fixtures.sink)).rejects.toMatchObject({ code: 'TOKEN_UNSUPPORTED' })
})

test('old symbols of 32 bytes are read, and control characters are not', async () => {
  const text = (value: string) => ({ result: `0x${Buffer.from(value).toString('hex').padEnd(64, '0')}` })
  const { url } = await startEndpoint(
    each(({ method, params }) => {
      if (method === 'eth_chainId') return { result: '0x7a69' }
      if (method === 'eth_getCode') return { result: '0x60' }
      const { data } = params[0] as { data: string }
      if (data === '0x313ce567') return { result: `0x${'0'.repeat(63)}6` }
      return text(data === '0x95d89b41' ? 'MKR' : 'Ma\u202eker\u0007')
    }),
  )
  expect(await over(url).token(fixtures.sink)).toMatchObject({ symbol: 'MKR', name: 'Maker', decimals: 6 })
})

test('balances come through Multicall3 and, without it, one by one', async () => {
  const { chain, key } = await start()
  const tokens = [fixtures.plainToken, fixtures.sink, fixtures.oddToken, fixtures.permitToken].map((at) => tokenAt(at))
  await mintToken(node, fixtures.oddToken, { to: key.address, amount: 9n })
  const expected = [0n, undefined, 9n, 0n].flatMap((amount, index) =>
    amount === undefined ? [] : [{ token: tokens[index]!, amount }],
  )
  expect(await chain.tokenBalances(key.address, tokens)).toEqual(expected)
  await node.rpc('anvil_setCode', [fixtures.multicall3, '0x'])
  expect(await chain.tokenBalances(key.address, tokens)).toEqual(expected)
  await node.rpc('anvil_setCode', [fixtures.multicall3, evmContracts.Multicall3.deployedBytecode])
})

test('a price feed is read, and answers that nobody may rely on are refused', async () => {
  const { chain } = await start()
  const feed = fixtures.priceFeed
  const tell = (...args: unknown[]) =>
    callFixture(node, { contract: 'PriceFeed', address: feed, functionName: 'setRound', args })
  await tell(9n, 3_000_00000000n, 1n, 1_700_000_000n, 9n)
  const told = { answer: 3_000_00000000n, decimals: 8, updatedAt: 1_700_000_000, witnesses: 1, isAlone: false }
  expect(await chain.readFeed!(feed)).toEqual(told)
  await tell(9n, -1n, 1n, 1n, 9n)
  await expect(chain.readFeed!(feed)).rejects.toThrow(/expected a price above zero/)
  await tell(9n, 5n, 1n, 1n, 8n)
  await expect(chain.readFeed!(feed)).rejects.toThrow(/not complete/)
  await tell(9n, 5n, 1n, 0n, 9n)
  await expect(chain.readFeed!(feed)).rejects.toThrow(/not complete/)
  await expect(chain.readFeed!(newKey().address)).rejects.toThrow(/gave no round/)
})

describe('the gas of a plain transfer, where an account that does not exist yet costs more', () => {
  /** What a node says whose rules are those of EIP-2780 and EIP-8037. */
  const rules = (own: string): Parameters<typeof changing>[1] => {
    const known = new Set([own.toLowerCase(), key.address.toLowerCase()])
    return ({ method, params }) => {
      if (method !== 'eth_estimateGas') return undefined
      const { from, to: recipient, value } = params[0] as { from: string; to: string; value: string }
      const base = from === recipient ? 12_000 : BigInt(value) === 0n ? 15_000 : known.has(recipient) ? 21_000 : 207_000
      return { result: `0x${base.toString(16)}` }
    }
  }
  const begin = async () => {
    const { key } = await start()
    const friend = await fundedKey(node)
    const { url, seen } = await startEndpoint(changing(node.url, rules(friend.address)))
    const chain = evmChain({ network: localEvm, urls: [url], allowForeignGenesis: true })
    const gasTo = async (recipient: string) => {
      const intent: Intent = { kind: 'transfer', to: recipient, amount: toBase(2n) }
      return Number(JSON.parse((await chain.draft(key.address, intent)).body).gas)
    }
    const estimates = () => seen.flat().filter(({ method }) => method === 'eth_estimateGas').length
    return { key, chain, friend, gasTo, estimates }
  }

  test('is what each kind of recipient costs, asked once for all of a kind, and held with the fee', async () => {
    const { key, chain, friend, gasTo, estimates } = await begin()
    expect(await gasTo(friend.address)).toBe(21_000)
    expect(await gasTo(newKey().address)).toBeGreaterThan(207_000)
    expect(await gasTo(newKey().address)).toBeGreaterThan(207_000)
    expect(estimates()).toBe(2)
    const [known, unknown] = await Promise.all(
      [friend.address, newKey().address].map((to) =>
        chain.draft(key.address, { kind: 'transfer', to, amount: toBase(2n) }),
      ),
    )
    expect(unknown!.maxFee).toBeGreaterThan(known!.maxFee * 9n)
    const cancel = await chain.draft(key.address, { kind: 'lane', purpose: 'cancel' })
    expect(Number(JSON.parse(cancel.body).gas)).toBe(14_400)
  })

  test('stays that of an account which does not exist, whoever is paid between two looks', async () => {
    const { key, gasTo } = await begin()
    const recipient = newKey().address
    expect(await gasTo(recipient)).toBeGreaterThan(207_000)
    await node.rpc('anvil_setBalance', [recipient, '0x1'])
    expect(await gasTo(recipient)).toBeGreaterThan(207_000)
    expect(await gasTo(newKey().address)).toBeGreaterThan(207_000)
    expect(key.address).not.toBe(recipient)
  })
})

test('a token transfer to somebody whose tokens are gone since has the gas of a new holder, whatever that costs', async () => {
  const { key } = await start()
  await mintToken(node, fixtures.plainToken, { to: key.address, amount: 100n })
  const holder = newKey().address.toLowerCase()
  const isTold = { nobody: true }
  const { url } = await startEndpoint(
    changing(node.url, ({ method, params }) => {
      if (method !== 'eth_estimateGas') return undefined
      const { data } = params[0] as { data: string }
      if (data.includes(holder.slice(2))) return { result: '0x9c40' }
      return isTold.nobody ? { result: '0x30d40' } : { error: { code: 3, message: 'execution reverted' } }
    }),
  )
  const gases = async () => {
    const chain = evmChain({ network: localEvm, urls: [url], allowForeignGenesis: true })
    const intent: Intent = {
      kind: 'token-transfer',
      to: holder,
      amount: toBase(2n),
      token: tokenAt(fixtures.plainToken),
    }
    const gas = async () => Number(JSON.parse((await chain.draft(key.address, intent)).body).gas)
    return [await gas(), await gas()]
  }
  expect(await gases()).toEqual([48_000, 240_000])
  // A token that lets nobody else have any: the usual price of a slot is added.
  isTold.nobody = false
  expect(await gases()).toEqual([48_000, 78_000])
})

test('what a sender without money asks for has the usual gas, and is no word on what others ask for', async () => {
  const { key } = await start()
  const { url } = await startEndpoint(
    changing(node.url, ({ method, params }) => {
      const { from } = (params[0] ?? {}) as { from?: string }
      if (method !== 'eth_estimateGas') return undefined
      if (from === key.address.toLowerCase()) return { result: '0x32898' }
      return { error: { code: -32000, message: 'insufficient funds for transfer' } }
    }),
  )
  const chain = evmChain({ network: localEvm, urls: [url], allowForeignGenesis: true })
  const pay = async (from: string) =>
    Number(
      JSON.parse((await chain.draft(from, { kind: 'transfer', to: newKey().address, amount: toBase(2n) })).body).gas,
    )
  expect(await pay(newKey().address)).toBe(21_000)
  // Whichever of two that ask at once is first: it may know what the other one was told.
  expect((await Promise.all([pay(newKey().address), pay(key.address)]))[1]).toBe(248_400)
  expect(await pay(key.address)).toBe(248_400)
})

test('a contract that is asked for its gas cannot tell by the price that it is only asked', async () => {
  const { key, chain } = await start()
  const sly = newKey().address
  // GASPRICE ISZERO JUMPI to the end; else three new storage slots.
  await node.rpc('anvil_setCode', [sly, '0x3a156014576001600055600160015560016002555b00'])
  const intent: Intent = { kind: 'contract-call', to: sly, data: '0x12345678', value: toBase(0n), tokens: [] }
  const gasOf = async (from: string) => Number(JSON.parse((await chain.draft(from, intent)).body).gas)
  expect(await gasOf(key.address)).toBeGreaterThan(21_000 + 3 * 22_100)
  // Who cannot pay the price is told something all the same.
  expect(await gasOf(newKey().address)).toBeGreaterThan(21_000)
})

test('no transaction asks for more gas than one may use', async () => {
  const { key } = await start()
  const estimate = { answer: 16_000_000 }
  const { url } = await startEndpoint(
    changing(node.url, ({ method }) =>
      method === 'eth_estimateGas' ? { result: `0x${estimate.answer.toString(16)}` } : undefined,
    ),
  )
  const chain = evmChain({ network: localEvm, urls: [url], allowForeignGenesis: true })
  const intent: Intent = { kind: 'transfer', to: fixtures.sink, amount: toBase(3n) }
  expect(JSON.parse((await chain.draft(key.address, intent)).body).gas).toBe('16777216')
  estimate.answer = 16_777_217
  await expect(chain.draft(key.address, intent)).rejects.toMatchObject({ code: 'INVALID_TRANSACTION' })
})

test('where a plain transfer has no fixed gas it is estimated, once', async () => {
  const { key } = await start()
  const { url, seen } = await startEndpoint(forwardTo(node.url))
  const chain = evmChain({ network: { ...localEvm, ownGas: true }, urls: [url], allowForeignGenesis: true })
  const draft = () => chain.draft(key.address, { kind: 'transfer', to, amount: toBase(10n ** 30n) })
  expect(JSON.parse((await draft()).body).gas).toBe('25200')
  await draft()
  expect(seen.flat().filter(({ method }) => method === 'eth_estimateGas').length).toBe(1)
})
