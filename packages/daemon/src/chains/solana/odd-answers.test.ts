import { toBase } from '@waiaas/contract'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Answer, type Answered, changing, type Request, startEndpoint } from '../../../test/evm-bed.ts'
import { type Bed, localSolana, newWallet, signUnder, testBed } from '../../../test/solana-bed.ts'
import type { Chain } from '../chain.ts'
import { solanaChain } from './chain.ts'

let bed: Bed
beforeAll(async () => {
  bed = await testBed()
})
afterEach(() => bed.pass(600_000))
afterAll(() => bed.close())

type Change = (request: Request, answer: Answered) => Answered | undefined
const over = (...urls: string[]): Chain => solanaChain({ network: localSolana, urls, warn: () => undefined })
const behind = async (change: Change): Promise<Chain> => over((await startEndpoint(changing(bed.node.url, change))).url)

const instead =
  (answers: Record<string, Answered>): Change =>
  ({ method }) =>
    answers[method]
const transfer = (to = newWallet().address) => ({ kind: 'transfer', to, amount: toBase(1_000_000n) }) as const
const notFound: Answered = { error: { code: -32601, message: 'Method not found' } }
const unsupported: Answered = { error: { code: -32602, message: 'Unsupported method' } }

/** Drafts, signs and sends over this chain, and returns the attempt once it is in a block. */
async function landed(chain: Chain) {
  const sender = await bed.funded()
  const draft = await chain.draft(sender.address, transfer())
  const made = signUnder(chain, sender, draft, await chain.expiry!.anchor())
  await chain.broadcast([made.signed.bytes])
  bed.node.advance(1)
  return { ...made, draft }
}

test.each<[string, Answered]>([
  ['Method not found', notFound],
  ['Unsupported method', unsupported],
  ['null', { result: null }],
  ['text', { result: 'none' }],
  ['no entries', { result: [] }],
  ['odd entries', { result: [null, 7, {}, { prioritizationFee: 'x' }, { prioritizationFee: -1 }] }],
])('recent fees answered with %s mean the lowest price', async (_what, answer) => {
  const chain = await behind(instead({ getRecentPrioritizationFees: answer }))
  const { draft } = await landed(chain)
  expect(draft.maxFee).toBe(5_000n + 20n)
})

test('recent fees refused by status mean the lowest price', async () => {
  const pass = changing(bed.node.url, () => undefined)
  const refusing: Answer = (body, response, raw) =>
    raw.includes('getRecentPrioritizationFees') ? void response.writeHead(403).end() : pass(body, response, raw)
  const { draft } = await landed(over((await startEndpoint(refusing)).url))
  expect(draft.maxFee).toBe(5_000n + 20n)
})

test('an account with more lamports than JSON can carry is paid, and an own balance like that is exact or refused', async () => {
  const rich = {
    data: ['', 'base64'],
    executable: false,
    lamports: 9_100_000_000_000_000,
    owner: '11111111111111111111111111111111',
    rentEpoch: 2 ** 64,
    space: 0,
  }
  const balance = { value: 9_100_000_000_000_000 }
  const chain = await behind(({ method }, { result }) => {
    if (method === 'getBalance')
      return balance.value ? { result: { ...(result as object), value: balance.value } } : undefined
    if (method !== 'getMultipleAccounts') return undefined
    const { value, ...rest } = result as { value: unknown[] }
    return { result: { ...rest, value: value.map((account) => account ?? rich) } }
  })
  expect(await chain.balance(newWallet().address)).toBe(9_100_000_000_000_000n)
  // Written as 1e+22.
  balance.value = 1e22
  await expect(chain.balance(newWallet().address)).rejects.toMatchObject({
    code: 'CHAIN_ERROR',
    message: expect.stringContaining('not rounded'),
  })
  balance.value = 0
  const { attempt } = await landed(chain)
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', succeeded: true }])
})

type Value = Record<string, unknown> | null
const statuses =
  (change: (status: Value, hash: unknown) => unknown): Change =>
  ({ method, params }, { result }) => {
    if (method !== 'getSignatureStatuses') return undefined
    const hashes = params[0] as string[]
    const { value, ...rest } = result as { value: Value[] }
    return { result: { ...rest, value: value.map((status, index) => change(status, hashes[index])) } }
  }

test.each<[string, (status: NonNullable<Value>) => unknown]>([
  ['text', () => 'confirmed'],
  ['a list', (status) => [status]],
  ['an empty object', () => ({})],
  ['without a slot', ({ slot: _, ...rest }) => rest],
  ['with an odd slot', (status) => ({ ...status, slot: -1 })],
  ['with an odd error', (status) => ({ ...status, err: false })],
  ['with neither error nor result', ({ err: _, status: _status, ...rest }) => rest],
  ['with an odd commitment', (status) => ({ ...status, confirmationStatus: 'rooted' })],
])('a status that is %s leaves its own attempt open, and says why; the others go on', async (_what, change) => {
  const odd = { hash: '' }
  const chain = await behind(statuses((status, hash) => (status && hash === odd.hash ? change(status) : status)))
  const [first, second] = [await landed(chain), await landed(chain)]
  odd.hash = first.attempt.hash
  expect(await chain.observe([first.attempt, second.attempt])).toMatchObject([
    { id: first.attempt.id, state: 'pending', reason: expect.stringContaining('cannot be read') },
    { state: 'included', succeeded: true },
  ])
  // Long after it expired it is still not void: nobody said that it is nowhere.
  bed.node.advance(400)
  expect(await chain.observe([first.attempt])).toMatchObject([{ state: 'pending' }])
  const block = { height: 1, hash: 'slot-1', succeeded: true }
  expect(await chain.observe([{ ...first.attempt, block }])).toEqual([])
  odd.hash = ''
  expect(await chain.observe([first.attempt])).toMatchObject([{ state: 'included', succeeded: true, final: true }])
})

test('older nodes tell success as a result, and finality by counting no more', async () => {
  const older = ({ err, confirmationStatus: _, ...rest }: NonNullable<Value>) => ({
    ...rest,
    status: err === null ? { Ok: null } : { Err: err },
  })
  const chain = await behind(statuses((status) => status && older(status)))
  const { attempt } = await landed(chain)
  expect((await chain.observe([attempt]))[0]!.state).toBe('pending')
  bed.node.advance(40)
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', succeeded: true, final: true }])
})

test('confirmations of null in a slot that is not final are not believed', async () => {
  const chain = await behind(
    statuses((status) => status && { ...status, confirmationStatus: undefined, confirmations: null }),
  )
  const { attempt } = await landed(chain)
  expect((await chain.observe([attempt]))[0]!.state).toBe('pending')
})

test.each<[string, Answered]>([
  ['an error', { error: { code: -32000, message: 'out of order' } }],
  ['null', { result: null }],
  ['too few', { result: { context: { slot: 1 }, value: [] } }],
])('statuses answered with %s leave all open', async (_what, answer) => {
  const chain = await behind(instead({ getSignatureStatuses: answer }))
  const { attempt } = await landed(chain)
  bed.node.advance(400)
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'pending', reason: expect.any(String) }])
})

/** Bytes that were never sent, long after they expired. */
async function expired() {
  const { attempt } = await bed.signed(await bed.funded(), transfer())
  bed.node.advance(400)
  return attempt
}

test.each<[string, Record<string, Answered>]>([
  ['the oldest block', { getFirstAvailableBlock: notFound }],
  ['the oldest block in other words', { getFirstAvailableBlock: unsupported }],
  ['the oldest block, with null', { getFirstAvailableBlock: { result: null } }],
  ['the epoch', { getEpochInfo: notFound }],
])('a node that does not tell %s shows by other methods that bytes have expired', async (_what, answers) => {
  const chain = await behind(instead(answers))
  expect(await chain.observe([await expired()])).toMatchObject([
    { state: 'void', proof: expect.stringContaining('finalized block') },
  ])
})

test.each<[string, Change]>([
  ['nor lists blocks', instead({ getFirstAvailableBlock: notFound, getBlocks: notFound })],
  ['and has no block so old', instead({ getFirstAvailableBlock: notFound, getBlocks: { result: [] } })],
  ['and lists newer blocks alone', instead({ getFirstAvailableBlock: notFound, getBlocks: { result: [99_999_999] } })],
  ['and lists junk', instead({ getFirstAvailableBlock: notFound, getBlocks: { result: ['1', {}] } })],
])('a node that does not tell its oldest block %s proves nothing', async (_what, change) => {
  const chain = await behind(change)
  expect(await chain.observe([await expired()])).toMatchObject([
    { state: 'missing', reason: expect.stringContaining('not proven') },
  ])
})

test('a node that does not search its history proves nothing', async () => {
  const error = { code: -32011, message: 'Transaction history is not available from this node' }
  const chain = await behind(({ method, params }) =>
    method === 'getSignatureStatuses' && params[1] ? { error } : undefined,
  )
  expect(await chain.observe([await expired()])).toMatchObject([
    { state: 'pending', reason: expect.stringContaining('Transaction history is not available') },
  ])
})

test('a node that tells neither epoch nor height lets nothing expire', async () => {
  const chain = await behind(instead({ getEpochInfo: { result: {} } }))
  expect((await chain.observe([await expired()]))[0]!.state).toBe('missing')
})

test.each<[string, Answered]>([
  ['an error', { error: { code: -32011, message: 'no history' } }],
  ['null', { result: null }],
  ['text', { result: 'x' }],
  ['no fee', { result: { meta: { fee: null } } }],
  ['no meta', { result: { meta: null } }],
])('a fee answered with %s is what the bytes say, or the most that they can cost', async (_what, answer) => {
  const chain = await behind(instead({ getTransaction: answer }))
  const { attempt, draft } = await landed(chain)
  const [seen] = await bed.chain.observe([attempt])
  expect(await chain.observe([attempt])).toEqual([seen])
  const restarted = await behind(instead({ getTransaction: answer }))
  expect(await restarted.observe([{ ...attempt, maxFee: draft.maxFee }])).toMatchObject([
    { state: 'included', fee: draft.maxFee },
  ])
  expect(await restarted.observe([attempt])).toMatchObject([
    { state: 'pending', reason: expect.stringContaining('what it paid') },
  ])
})

test.each<[string, Answered]>([
  ['refused', unsupported],
  ['null', { result: null }],
  ['odd', { result: { value: [{ account: { data: ['!', 'base64'] } }] } }],
])('where listing accounts is %s, known tokens are read from the derived accounts', async (_what, answer) => {
  const chain = await behind(instead({ getTokenAccountsByOwner: answer }))
  const { address } = newWallet()
  await bed.fixtures.mintTo(bed.spl.address, address, 5n)
  expect(await chain.tokenBalances(address, [bed.spl, bed.token2022])).toEqual([
    { token: bed.spl, amount: 5n },
    { token: bed.token2022, amount: 0n },
  ])
})

test('where no node simulates the sums alone are checked', async () => {
  const chain = await behind(instead({ simulateTransaction: notFound }))
  const sender = await bed.funded(10_000_000n)
  const drafts = [await chain.draft(sender.address, transfer())]
  expect(await chain.precheck(sender.address, drafts, [])).toEqual([null])
  const most = [await chain.draft(sender.address, { ...transfer(), amount: toBase(10_000_000n) })]
  expect(await chain.precheck(sender.address, most, [])).toMatchObject([{ code: 'INSUFFICIENT_BALANCE' }])
})

test('a node behind the others refuses nothing that another endpoint knows, and alone it is doubted', async () => {
  const sender = await bed.funded(10_000_000n)
  const late = { error: { code: -32016, message: 'Minimum context slot has not been reached' } }
  const isSure = ({ params }: Request) => JSON.stringify(params).includes('minContextSlot')
  const old: Change = (request) => {
    if (request.method !== 'getBalance') return undefined
    return isSure(request) ? late : { result: { context: { slot: 1 }, value: 0 } }
  }
  const { url } = await startEndpoint(changing(bed.node.url, old))
  const drafts = [await over(url).draft(sender.address, transfer())]
  expect(await over(url).precheck(sender.address, drafts, [])).toMatchObject([
    { code: 'INSUFFICIENT_BALANCE', doubt: expect.stringContaining('the newest slot cannot be read') },
  ])
  expect(await over(url, bed.node.url).precheck(sender.address, drafts, [])).toEqual([null])
})
