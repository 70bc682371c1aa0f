// What the node answers in bare JSON-RPC, on a chain whose slots pass only when a test says so.
import {
  appendTransactionMessageInstruction,
  type Blockhash,
  createNoopSigner,
  createTransactionMessage,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  type KeyPairSigner,
  partiallySignTransactionMessageWithSigners,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from '@solana/kit'
import { getTransferSolInstruction } from '@solana-program/system'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSolanaFixtures } from './fixtures.ts'
import { type SolanaNode, type SolanaOptions, startSolana } from './node.ts'

type Answer<Result> = { result: Result; error?: { code: number; message: string; data?: unknown } }
type Valued<Value> = { context: { slot: number }; value: Value }
type Status = { slot: number; confirmations: number | null; confirmationStatus: string } | null
type Lifetime = Valued<{ blockhash: Blockhash; lastValidBlockHeight: number }>

let node: SolanaNode
let alice: KeyPairSigner
const start = (options: SolanaOptions = {}) => startSolana({ slotMs: 0, ...options })
beforeEach(async () => {
  node = await start()
  alice = await generateKeyPairSigner()
  await node.airdrop(alice.address, 10_000_000_000n)
})
afterEach(() => node.stop())

const post = (body: unknown) =>
  fetch(node.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

async function ask<Result>(method: string, ...params: unknown[]): Promise<Answer<Result>> {
  // The node's answers have the shape that the caller names; the expectations check it.
  return (await (await post({ jsonrpc: '2.0', id: 1, method, params })).json()) as Answer<Result>
}

async function transfer(amount: bigint, commitment = 'processed', destination = alice.address) {
  const { value } = (await ask<Lifetime>('getLatestBlockhash', { commitment })).result
  const lifetime = { blockhash: value.blockhash, lastValidBlockHeight: BigInt(value.lastValidBlockHeight) }
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (draft) => setTransactionMessageFeePayerSigner(alice, draft),
    (draft) => setTransactionMessageLifetimeUsingBlockhash(lifetime, draft),
    (draft) =>
      appendTransactionMessageInstruction(getTransferSolInstruction({ source: alice, destination, amount }), draft),
  )
  const transaction = await signTransactionMessageWithSigners(message)
  return {
    wire: getBase64EncodedWireTransaction(transaction),
    signature: getSignatureFromTransaction(transaction),
    message,
  }
}

const send = (wire: string, options: object = {}) =>
  ask<string>('sendTransaction', wire, { encoding: 'base64', preflightCommitment: 'processed', ...options })

async function status(signature: string, options: object = {}): Promise<Status> {
  return (await ask<Valued<Status[]>>('getSignatureStatuses', [signature], options)).result.value[0] ?? null
}

test('the node names the genesis hash it was told', async () => {
  expect((await ask('getGenesisHash')).result).toBe(node.genesisHash)
  const mainnet = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d'
  await node.stop()
  node = await start({ genesisHash: mainnet })
  expect((await ask('getGenesisHash')).result).toBe(mainnet)
})

test('a send lands in the current slot and gains commitment only as slots pass', async () => {
  const { wire, signature } = await transfer(1n)
  expect((await send(wire)).result).toBe(signature)
  expect(await status(signature)).toMatchObject({ slot: 1, confirmations: 0, confirmationStatus: 'processed' })
  node.advance(1)
  expect(await status(signature)).toMatchObject({ confirmations: 1, confirmationStatus: 'confirmed' })
  node.advance(29)
  expect(await status(signature)).toMatchObject({ confirmations: 30, confirmationStatus: 'confirmed' })
  node.advance(1)
  expect(await status(signature)).toMatchObject({ confirmations: null, confirmationStatus: 'finalized' })
})

test('a transaction is shown only at a commitment that it has reached, and its history forgotten only unasked', async () => {
  const { wire, signature } = await transfer(1n)
  await send(wire)
  const shown = (commitment: string) =>
    ask('getTransaction', signature, { commitment, maxSupportedTransactionVersion: 0 }).then(
      ({ result }) => result !== null,
    )
  expect(await shown('confirmed')).toBe(false)
  node.advance(1)
  expect([await shown('confirmed'), await shown('finalized')]).toEqual([true, false])
  node.advance(400)
  expect(await status(signature)).toBeNull()
  expect(await status(signature, { searchTransactionHistory: true })).toMatchObject({ confirmationStatus: 'finalized' })
  expect((await ask('getTransaction', signature)).error?.code).toBe(-32015)
})

test('a blockhash lives for 150 slots and not one more', async () => {
  const { value } = (await ask<Lifetime>('getLatestBlockhash', { commitment: 'processed' })).result
  const { wire, signature } = await transfer(1n)
  const valid = async () =>
    (await ask<Valued<boolean>>('isBlockhashValid', value.blockhash, { commitment: 'processed' })).result.value
  node.advance(150)
  expect((await ask('getBlockHeight', { commitment: 'processed' })).result).toBe(value.lastValidBlockHeight)
  expect(await valid()).toBe(true)
  node.advance(1)
  expect(await valid()).toBe(false)
  expect((await send(wire)).error).toMatchObject({ code: -32002, data: { err: 'BlockhashNotFound' } })
  await send(wire, { skipPreflight: true })
  expect(await status(signature)).toBeNull()
})

test('each commitment sees its own newest slot and blockhash', async () => {
  node.advance(100)
  const at = async (commitment?: string) => {
    const options = commitment ? [{ commitment }] : []
    const slot = (await ask<number>('getSlot', ...options)).result
    const { value } = (await ask<Lifetime>('getLatestBlockhash', ...options)).result
    return [slot, value.lastValidBlockHeight]
  }
  expect(await at('processed')).toEqual([101, 251])
  expect(await at('confirmed')).toEqual([100, 250])
  expect(await at('finalized')).toEqual([70, 220])
  expect(await at()).toEqual([70, 220])
  const { wire } = await transfer(1n, 'processed')
  const early = await send(wire, { preflightCommitment: 'finalized' })
  expect(early.error).toMatchObject({ code: -32002, data: { err: 'BlockhashNotFound' } })
})

test('the same signed transaction has one effect however often it is sent', async () => {
  const { wire, signature } = await transfer(5_000_000n, 'processed', (await generateKeyPairSigner()).address)
  await send(wire)
  const balance = () => ask<Valued<number>>('getBalance', alice.address).then(({ result }) => result.value)
  const after = await balance()
  expect((await send(wire, { skipPreflight: true })).result).toBe(signature)
  expect((await send(wire)).error).toMatchObject({ code: -32002, data: { err: 'AlreadyProcessed' } })
  expect(await balance()).toBe(after)
})

test('preflight errors carry code, cause and logs as a real node writes them', async () => {
  const { wire } = await transfer(900_000_000_000n, 'processed', (await generateKeyPairSigner()).address)
  const { error } = await send(wire)
  expect(error?.code).toBe(-32002)
  expect(error?.message).toBe(
    'Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1',
  )
  expect(error?.data).toMatchObject({ err: { InstructionError: [0, { Custom: 1 }] }, accounts: null })
  expect(JSON.stringify(error?.data)).toContain('insufficient lamports')
})

test('a missing or wrong signature is refused', async () => {
  const { message, wire } = await transfer(1n)
  const bob = createNoopSigner((await generateKeyPairSigner()).address)
  const half = appendTransactionMessageInstruction(
    getTransferSolInstruction({ source: bob, destination: alice.address, amount: 1n }),
    message,
  )
  const partial = getBase64EncodedWireTransaction(await partiallySignTransactionMessageWithSigners(half))
  expect((await send(partial)).error?.code).toBe(-32003)
  const bytes = Buffer.from(wire, 'base64')
  bytes[10] = (bytes[10] ?? 0) ^ 1
  expect((await send(bytes.toString('base64'))).error?.code).toBe(-32003)
})

test('malformed calls are answered with the code of their fault', async () => {
  const code = async (method: string, ...params: unknown[]) => (await ask(method, ...params)).error?.code
  expect(await code('getNothing')).toBe(-32601)
  expect(await code('getBalance', 'no address')).toBe(-32602)
  expect(await code('getSlot', { commitment: 'maybe' })).toBe(-32602)
  expect(await code('getSlot', { minContextSlot: 1_000 })).toBe(-32016)
  expect(await code('sendTransaction', 'AAAA', { encoding: 'base64' })).toBe(-32602)
  expect(await code('sendTransaction', Buffer.alloc(1_300).toString('base64'), { encoding: 'base64' })).toBe(-32602)
  expect(await (await post([])).json()).toMatchObject({ error: { code: -32600 } })
  expect(await (await fetch(node.url, { method: 'POST', body: '{' })).json()).toMatchObject({ error: { code: -32700 } })
})

test('a batch is answered in its order', async () => {
  const calls = ['getHealth', 'getNothing', 'getSlot'].map((method, id) => ({ jsonrpc: '2.0', id, method }))
  const answers = (await (await post(calls)).json()) as object[]
  expect(answers).toMatchObject([
    { id: 0, result: 'ok' },
    { id: 1, error: { code: -32601 } },
    { id: 2, result: 0 },
  ])
})

test('amounts above 2^53 keep their last digit', async () => {
  const rich = (await generateKeyPairSigner()).address
  await node.airdrop(rich, 9_007_199_254_740_993n)
  const text = await (await post({ jsonrpc: '2.0', id: 1, method: 'getBalance', params: [rich] })).text()
  expect(text).toContain('"value":9007199254740993')
})

test('parsed accounts show mints, extensions and token accounts', async () => {
  const fixtures = await createSolanaFixtures(node)
  type Parsed = Valued<{ owner: string; data: { program: string; parsed: { type: string; info: object } } }>
  const parsed = async (key: string) => {
    const { value } = (await ask<Parsed>('getAccountInfo', key, { encoding: 'jsonParsed' })).result
    return { program: value.data.program, ...value.data.parsed }
  }
  expect(await parsed(fixtures.splMint)).toMatchObject({ program: 'spl-token', type: 'mint', info: { decimals: 6 } })
  expect(await parsed(fixtures.token2022Mint)).toMatchObject({ program: 'spl-token-2022', info: { decimals: 9 } })
  expect(await parsed(fixtures.token2022FeeMint)).toMatchObject({
    program: 'spl-token-2022',
    info: {
      extensions: [{ extension: 'transferFeeConfig', state: { newerTransferFee: { transferFeeBasisPoints: 100 } } }],
    },
  })
  for (const mint of [fixtures.splMint, fixtures.token2022Mint, fixtures.token2022FeeMint]) {
    const account = await fixtures.mintTo(mint, alice.address, 1_500_000n)
    await fixtures.mintTo(mint, alice.address, 1_500_000n)
    expect(await parsed(account)).toMatchObject({ type: 'account', info: { mint, tokenAmount: { amount: '3000000' } } })
    const owned = await ask<Valued<{ pubkey: string }[]>>(
      'getTokenAccountsByOwner',
      alice.address,
      { mint },
      { encoding: 'base64' },
    )
    expect(owned.result.value.map((one) => one.pubkey)).toEqual([account])
  }
})

test('the fixtures have the same mints on every fresh node', async () => {
  const { mintTo: _, ...mints } = await createSolanaFixtures(node)
  const other = await start()
  expect(await createSolanaFixtures(other)).toMatchObject(mints)
  await other.stop()
})

test('simulation shows requested accounts parsed, and none when it fails', async () => {
  const bob = (await generateKeyPairSigner()).address
  type Simulated = Valued<{ err: unknown; fee: number; accounts: ({ lamports: number } | null)[] }>
  const simulate = async (amount: bigint) => {
    const { wire } = await transfer(amount, 'processed', bob)
    const accounts = { addresses: [bob], encoding: 'jsonParsed' }
    const options = { encoding: 'base64', commitment: 'processed', accounts }
    return (await ask<Simulated>('simulateTransaction', wire, options)).result.value
  }
  expect(await simulate(2_000_000n)).toMatchObject({ err: null, fee: 5_000, accounts: [{ lamports: 2_000_000 }] })
  expect(await simulate(900_000_000_000n)).toMatchObject({
    accounts: [null],
    err: { InstructionError: [0, { Custom: 1 }] },
  })
})

test('a block lists what landed in it', async () => {
  const { wire, signature } = await transfer(1n)
  await send(wire)
  node.advance(40)
  type BlockAnswer = { signatures: string[]; parentSlot: number; blockhash: string; previousBlockhash: string }
  const block = (await ask<BlockAnswer>('getBlock', 1, { transactionDetails: 'signatures' })).result
  expect(block.signatures).toContain(signature)
  expect(block.parentSlot).toBe(0)
  expect((await ask('getBlocks', 0, 3)).result).toEqual([0, 1, 2, 3])
  expect((await ask('getBlock', 40, {})).error?.code).toBe(-32004)
})

test('history is newest first and can be paged', async () => {
  const sent: string[] = []
  for (const amount of [1n, 2n, 3n]) {
    const { wire, signature } = await transfer(amount)
    await send(wire)
    sent.unshift(signature)
    node.advance(1)
  }
  const page = (options: object) =>
    ask<{ signature: string }[]>('getSignaturesForAddress', alice.address, {
      commitment: 'confirmed',
      ...options,
    }).then(({ result }) => result.map((one) => one.signature))
  expect((await page({})).slice(0, 3)).toEqual(sent)
  expect(await page({ before: sent[0], limit: 1 })).toEqual([sent[1]])
  expect(await page({ until: sent[2] })).toEqual(sent.slice(0, 2))
})

test('dropped sends are answered and never land', async () => {
  node.fault.dropSends = true
  const { wire, signature } = await transfer(1n)
  expect((await send(wire)).result).toBe(signature)
  node.advance(2)
  expect(await status(signature)).toBeNull()
  node.clearFaults()
  await send(wire)
  expect(await status(signature)).not.toBeNull()
})

test('a send whose answer is lost has landed all the same', async () => {
  node.fault.loseSendAnswers = true
  const { wire, signature } = await transfer(1n)
  await expect(send(wire)).rejects.toThrow()
  expect(await status(signature)).toMatchObject({ confirmationStatus: 'processed' })
})

test('the node fails by HTTP status, by method and late when told to', async () => {
  node.fault.httpStatus = 429
  const limited = await post({ jsonrpc: '2.0', id: 1, method: 'getSlot' })
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1'])
  node.clearFaults()
  node.fault.failMethods = {
    getSlot: { code: -32005, message: 'Node is behind by 42 slots', data: { numSlotsBehind: 42 } },
  }
  expect((await ask('getSlot')).error).toMatchObject({ code: -32005, data: { numSlotsBehind: 42 } })
  expect((await ask('getHealth')).result).toBe('ok')
  node.clearFaults()
  node.fault.delayMs = 60_000
  const impatient = fetch(node.url, { method: 'POST', body: '{}', signal: AbortSignal.timeout(50) })
  await expect(impatient).rejects.toThrow(/timeout/i)
})

test('stopping closes open sockets and frees the port', async () => {
  const socket = new WebSocket(node.wsUrl)
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  const port = Number(new URL(node.url).port)
  await node.stop()
  await closed
  node = await start({ port })
  expect((await ask('getHealth')).result).toBe('ok')
  await expect(start({ port })).rejects.toThrow(/EADDRINUSE/)
})
