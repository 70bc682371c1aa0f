import { LOCAL_NETWORKS, toBase } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Answered, each, newKey, type Request, startEndpoint } from '../../test/evm-bed.ts'
import { newWallet } from '../../test/solana-bed.ts'
import type { Chain } from './chain.ts'
import { evmChain } from './evm/chain.ts'
import type { Attempt, Sighting } from './follow.ts'
import { solanaChain } from './solana/chain.ts'

const network = (id: string) => LOCAL_NETWORKS.find((known) => known.id === id)!
const genesis = '4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY'
const identity: Record<string, unknown> = {
  eth_chainId: '0x7a69',
  getGenesisHash: genesis,
  getMinimumBalanceForRentExemption: 890_880,
}

/** Any JSON, words that nodes use among it. */
const junk = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(null, '', '0x', '0x0', '-0x1', '0xzz', -1, 1.5, 2 ** 60, 'latest', [], {}, [null], {
    value: null,
  }),
  fc.constantFrom<unknown>(
    { value: [null] },
    { context: { slot: 1 }, value: 'x' },
    { toString: 1 },
    { value: { data: ['!'] } },
  ),
)
const words = fc.constantFrom('minimum needed 25', 'execution reverted', 'Unsupported method', 'nonce too low', 'x')
const answer: fc.Arbitrary<Answered> = fc.oneof(
  junk.map((result) => ({ result })),
  fc
    .record({ code: fc.constantFrom(-32000, -32601, -32602, 3), message: words, data: junk })
    .map((error) => ({ error })),
)

/** An endpoint that shows its identity and answers all else as it is told. */
async function endpoint() {
  const says: { answer: (request: Request) => Answered } = { answer: () => ({ result: null }) }
  const { url } = await startEndpoint(
    each((request) => (request.method in identity ? { result: identity[request.method] } : says.answer(request))),
  )
  return { url, says }
}

/** What the promise comes to; anything that is thrown must be a failure that callers know. */
const outcome = (run: () => Promise<unknown>) =>
  run().then(
    () => 'answered',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : `threw ${String(error)}`),
  )
const known =
  /^(answered|CHAIN_ERROR|TOKEN_NOT_FOUND|TOKEN_UNSUPPORTED|INSUFFICIENT_BALANCE|INVALID_TRANSACTION|INVALID_ADDRESS)$/

const address = newKey().address
const evmToken = { address, asset: 'a', symbol: 'T', name: 'T', decimals: 6 }
const evmDraft = JSON.stringify({
  chainId: 31_337,
  to: address.toLowerCase(),
  value: '1',
  data: '0x',
  gas: '21000',
  type: 'legacy',
  gasPrice: '1',
})
const evmReads: ((chain: Chain) => Promise<unknown>)[] = [
  (chain) => chain.balance(newKey().address),
  (chain) => chain.tokenBalances(address, [evmToken, evmToken, evmToken]),
  (chain) => chain.token(address),
  (chain) => chain.order!.nextNonce(address, 0),
  (chain) => chain.blockTime(),
  (chain) => chain.readFeed!(address),
  (chain) => chain.draft(address, { kind: 'transfer', to: newKey().address, amount: toBase(1n) }),
  (chain) =>
    chain.draft(address, { kind: 'token-transfer', to: newKey().address, amount: toBase(1n), token: evmToken }),
  (chain) => chain.precheck(newKey().address, [{ body: evmDraft, maxFee: toBase(21_000n) }], []),
  (chain) => chain.broadcast([Uint8Array.of(1)]),
]

const wallet = newWallet().address
const mint = newWallet().address
const solanaToken = { ...evmToken, address: mint }
const solanaReads: ((chain: Chain) => Promise<unknown>)[] = [
  (chain) => chain.balance(wallet),
  (chain) => chain.tokenBalances(wallet, [solanaToken]),
  (chain) => chain.token(mint),
  (chain) => chain.expiry!.anchor(),
  (chain) => chain.blockTime(),
  (chain) => chain.draft(wallet, { kind: 'transfer', to: newWallet().address, amount: toBase(1n) }),
  (chain) =>
    chain.draft(wallet, { kind: 'token-transfer', to: newWallet().address, amount: toBase(1n), token: solanaToken }),
]

const over = {
  evm: (url: string): Chain =>
    evmChain({ network: network('local-evm'), urls: [url], allowForeignGenesis: true, warn: () => undefined }),
  solana: (url: string): Chain => solanaChain({ network: network('local-solana'), urls: [url], warn: () => undefined }),
}

test.each([
  ['evm', evmReads],
  ['solana', solanaReads],
] as const)(
  'whatever a node answers, reads on %s end with a value or a failure that names the chain',
  async (family, reads) => {
    const { url, says } = await endpoint()
    const property = fc.asyncProperty(
      fc.constantFrom(...reads),
      fc.array(answer, { minLength: 1, maxLength: 4 }),
      async (read, answers) => {
        let turn = 0
        says.answer = () => answers[turn++ % answers.length]!
        const chain = over[family](url)
        expect(await outcome(() => read(chain))).toMatch(known)
        chain.close()
      },
    )
    await fc.assert(property, { numRuns: 400 })
  },
)

const hash = (digit: string) => `0x${digit.repeat(64)}`
const evmAttempt: Attempt = { id: 'a', hash: hash('a'), sender: address, lifetime: { nonce: 3 } }
const solanaAttempt: Attempt = {
  id: 'a',
  hash: 'a'.repeat(88),
  sender: wallet,
  lifetime: { lastValid: 10, blockhash: genesis },
}

test.each([
  ['evm', evmAttempt],
  ['solana', solanaAttempt],
] as const)('no junk on %s claims that a payment is in a block, has failed or is void', async (family, attempt) => {
  const { url, says } = await endpoint()
  const property = fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 6 }), async (answers) => {
    let turn = 0
    says.answer = () => answers[turn++ % answers.length]!
    const chain = over[family](url)
    const seen = await chain.observe([attempt]).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'CHAIN_ERROR' })
      return [] as Sighting[]
    })
    for (const { state } of seen) expect(state).toMatch(/^(pending|missing)$/)
    chain.close()
  })
  await fc.assert(property, { numRuns: 300 })
})

const block = {
  number: '0x5',
  hash: hash('b'),
  parentHash: hash('c'),
  transactions: [evmAttempt.hash],
  timestamp: '0x1',
  baseFeePerGas: '0x1',
}
const receiptOf = (transactionHash: string, status: string) => ({
  transactionHash,
  blockHash: block.hash,
  blockNumber: block.number,
  status,
  gasUsed: '0x7530',
  effectiveGasPrice: '0x1',
  logs: [],
})
const other: Attempt = { ...evmAttempt, id: 'b', hash: hash('d'), lifetime: { nonce: 4 } }

test('junk in any field of a receipt never turns a failure into a success, nor the other way about, nor stops the others', async () => {
  const { url, says } = await endpoint()
  const fields = fc.dictionary(fc.constantFrom(...Object.keys(receiptOf('', '')), 'l1Fee', 'type', 'root'), junk)
  const isStatus = (value: unknown) =>
    [0, 1, true, false, '0', '1', '0x0', '0x1', '0x00', '0x01'].includes(value as never)
  const property = fc.asyncProperty(fc.boolean(), fields, fields, async (succeeded, odd, oddBlock) => {
    fc.pre(!isStatus(odd.status))
    const told = { ...receiptOf(evmAttempt.hash, succeeded ? '0x1' : '0x0'), ...odd }
    const fine = receiptOf(other.hash, '0x1')
    says.answer = ({ method, params }) => {
      if (method === 'eth_getBlockByNumber')
        return params[0] === 'finalized'
          ? { result: null }
          : { result: { ...block, transactions: [evmAttempt.hash, other.hash], junk: oddBlock } }
      if (method === 'eth_getBlockReceipts') return { result: [told, fine] }
      if (method === 'eth_getTransactionReceipt') return { result: params[0] === other.hash ? fine : told }
      return { result: null }
    }
    const chain = over.evm(url)
    const [first, second] = await chain.observe([evmAttempt, other])
    if (first!.state === 'included') expect(first!.succeeded).toBe(succeeded)
    else expect(first!.state).toMatch(/^(pending|missing)$/)
    expect(second).toMatchObject({ id: 'b', state: 'included', succeeded: true })
    chain.close()
  })
  await fc.assert(property, { numRuns: 200 })
})

test('junk in any field of a status never turns a failure into a success, nor the other way about, nor stops the others', async () => {
  const { url, says } = await endpoint()
  const another: Attempt = { ...solanaAttempt, id: 'b', hash: 'b'.repeat(88) }
  const fields = fc.dictionary(fc.constantFrom('slot', 'confirmations', 'confirmationStatus', 'status', 'err'), junk)
  const property = fc.asyncProperty(fc.boolean(), fields, async (succeeded, odd) => {
    fc.pre(odd.err === undefined || typeof odd.err === 'number')
    const fine = { slot: 5, confirmations: null, err: null, confirmationStatus: 'confirmed' }
    const told = { ...fine, err: succeeded ? null : { InstructionError: [0, 'x'] }, ...odd }
    const lookup = (asked: unknown) => (asked === another.hash ? fine : told)
    says.answer = ({ method, params }) => {
      if (method === 'getEpochInfo') return { result: { absoluteSlot: 4, blockHeight: 4 } }
      if (method === 'getSignatureStatuses')
        return { result: { context: { slot: 6 }, value: (params[0] as unknown[]).map(lookup) } }
      return { result: null }
    }
    const chain = over.solana(url)
    const [first, second] = await chain.observe(
      [solanaAttempt, another].map((each) => ({ ...each, maxFee: toBase(9n) })),
    )
    if (first!.state === 'included') expect(first!.succeeded).toBe(succeeded)
    else expect(first!.state).toBe('pending')
    expect(second).toMatchObject({ id: 'b', state: 'included', succeeded: true, fee: 9n })
    chain.close()
  })
  await fc.assert(property, { numRuns: 300 })
})
