import { toBase } from '@waiaas/contract'
import { startSolana } from '@waiaas/localnet'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Answer, forwardTo, startEndpoint } from '../../../test/evm-bed.ts'
import { type Bed, localSolana, newWallet, signUnder, testBed } from '../../../test/solana-bed.ts'
import { solanaChain } from './chain.ts'

let bed: Bed
beforeAll(async () => {
  bed = await testBed()
})
afterEach(() => {
  bed.node.clearFaults()
  bed.pass(600_000)
})
afterAll(() => bed.close())

const state = async (attempt: Parameters<Bed['chain']['observe']>[0][number]) => {
  const [sighting] = await bed.chain.observe([attempt])
  return sighting!
}
const transfer = (amount = 1_000_000n) =>
  ({ kind: 'transfer', to: newWallet().address, amount: toBase(amount) }) as const

test('a dropped send is missing, and the same bytes land later', async () => {
  const sender = await bed.funded()
  const { attempt, signed } = await bed.signed(sender, transfer())
  bed.node.fault.dropSends = true
  expect(await bed.chain.broadcast([signed.bytes])).toEqual([{ outcome: 'accepted' }])
  bed.node.advance(20)
  expect((await state(attempt)).state).toBe('missing')
  bed.node.clearFaults()
  await bed.chain.broadcast([signed.bytes])
  await bed.chain.broadcast([signed.bytes])
  bed.node.advance(1)
  expect(await state(attempt)).toMatchObject({ state: 'included', succeeded: true })
})

test('an expired attempt is void only once its last valid block is behind the finalized one', async () => {
  const sender = await bed.funded()
  const { attempt, signed } = await bed.signed(sender, transfer())
  const height = await lastHeight('processed')
  bed.node.advance(attempt.lifetime.lastValid! - height + 31)
  expect(await lastHeight('finalized')).toBe(attempt.lifetime.lastValid)
  expect((await state(attempt)).state).toBe('missing')
  bed.node.advance(1)
  expect(await state(attempt)).toMatchObject({ state: 'void', proof: expect.stringContaining('finalized block') })
  await bed.chain.broadcast([signed.bytes])
  bed.node.advance(1)
  expect((await state(attempt)).state).toBe('void')
})

test('a landed attempt that only the history still knows is included, not void', async () => {
  const sender = await bed.funded()
  const { attempt, signed } = await bed.signed(sender, transfer())
  await bed.chain.broadcast([signed.bytes])
  bed.node.advance(1_000)
  expect(await state(attempt)).toMatchObject({ state: 'included', succeeded: true, final: true })
})

test('a node that no longer has the slots in question proves nothing', async () => {
  const sender = await bed.funded()
  const { attempt } = await bed.signed(sender, transfer())
  bed.node.advance(25_000)
  expect((await state(attempt)).state).toBe('missing')
})

test('two configured endpoints must agree before an attempt is void', async () => {
  const other = await startSolana({ slotMs: 0 })
  let now = 1_000
  const chain = solanaChain({ network: localSolana, urls: [bed.node.url, other.url], clock: () => now })
  try {
    const sender = await bed.funded()
    const draft = await chain.draft(sender.address, transfer())
    const { attempt } = signUnder(chain, sender, draft, await chain.expiry!.anchor())
    bed.node.advance(200)
    const open = { id: attempt.id, state: 'missing', reason: expect.stringContaining('not proven') }
    expect(await chain.observe([attempt])).toEqual([open])
    other.fault.httpStatus = 503
    expect(await chain.observe([attempt])).toEqual([open])
    other.clearFaults()
    now += 600_000
    other.advance(attempt.lifetime.lastValid! + 50)
    expect(await chain.observe([attempt])).toMatchObject([
      { state: 'void', proof: expect.stringContaining(' and at ') },
    ])
  } finally {
    chain.close()
    await other.stop()
  }
})

test('an included attempt that the chain no longer shows is missing again', async () => {
  const fork = await startSolana({ slotMs: 0 })
  const urls = [bed.node.url, fork.url]
  let now = 1_000
  const chain = solanaChain({ network: localSolana, urls, clock: () => now })
  try {
    const sender = await bed.funded()
    const { attempt, signed } = await bed.signed(sender, transfer())
    await bed.chain.broadcast([signed.bytes])
    bed.node.advance(1)
    const [seen] = await chain.observe([attempt])
    if (seen?.state !== 'included') throw new Error(`expected an included attempt, got ${seen?.state}`)
    const included = { ...attempt, block: { height: seen.height, hash: seen.blockHash, succeeded: true } }
    bed.node.fault.httpStatus = 503
    expect(await chain.observe([included])).toEqual([{ id: attempt.id, state: 'missing' }])
    bed.node.clearFaults()
    now += 600_000
    expect(await chain.observe([included])).toEqual([seen])
  } finally {
    chain.close()
    await fork.stop()
  }
})

test('with two endpoints nothing has failed on the word of one', async () => {
  const says = { failed: false, silent: false }
  const lying: Answer = async (body, response, raw) => {
    if (says.silent) return void response.writeHead(503).end()
    const answer = JSON.stringify(await forwardTo(bed.node.url)(body, response, raw))
    return JSON.parse(says.failed ? answer.replaceAll('"err":null', '"err":{"InstructionError":[0,"Lie"]}') : answer)
  }
  const other = await startEndpoint(lying)
  let now = 1_000
  const warnings: string[] = []
  const warn = (message: string) => void warnings.push(message)
  const over = (...urls: string[]) => solanaChain({ network: localSolana, urls, clock: () => now, warn })
  const [chain, late] = [over(other.url, bed.node.url), over(bed.node.url, other.url)]
  const paid = await bed.signed(await bed.funded(), transfer())
  await bed.chain.broadcast([paid.signed.bytes])
  bed.node.advance(1)
  says.failed = true
  const disputed = { id: paid.attempt.id, state: 'pending', reason: expect.stringContaining('do not agree') }
  expect(await chain.observe([paid.attempt])).toEqual([disputed])
  expect(warnings).toEqual([expect.stringContaining(paid.attempt.hash)])
  says.failed = false
  expect(await chain.observe([paid.attempt])).toMatchObject([{ state: 'included', succeeded: true }])

  const failing = await bed.signed(await bed.funded(1_000_000_000n), transfer(5_000_000_000n))
  await bed.chain.broadcast([failing.signed.bytes])
  bed.node.advance(1)
  const failed = { id: failing.attempt.id, state: 'included', succeeded: false }
  expect(await chain.observe([failing.attempt])).toMatchObject([failed])
  says.silent = true
  expect(await late.observe([failing.attempt])).toMatchObject([{ state: 'pending' }])
  const block = { height: 1, hash: 'slot-1' }
  expect(await late.observe([{ ...failing.attempt, block: { ...block, succeeded: true } }])).toMatchObject([
    { state: 'pending' },
  ])
  // It was believed before a restart.
  expect(
    await over(bed.node.url, other.url).observe([{ ...failing.attempt, block: { ...block, succeeded: false } }]),
  ).toMatchObject([failed])
  says.silent = false
  now += 600_000
  expect(await late.observe([failing.attempt])).toMatchObject([failed])
  expect(warnings).toHaveLength(1)
  for (const one of [chain, late]) one.close()
})

test('after a restart the fee comes from the chain and is the same', async () => {
  const [sender, recipient] = [await bed.funded(), newWallet()]
  await bed.fixtures.mintTo(bed.spl.address, sender.address, 5n)
  const intent = { kind: 'token-transfer', to: recipient.address, amount: toBase(5n), token: bed.spl } as const
  const { attempt, signed } = await bed.signed(sender, intent)
  await bed.chain.broadcast([signed.bytes])
  bed.node.advance(1)
  const restarted = solanaChain({ network: localSolana, urls: [bed.node.url] })
  expect(await restarted.observe([attempt])).toEqual(await bed.chain.observe([attempt]))
  restarted.close()
})

test('hundreds of attempts are observed in one call, each reported once', async () => {
  const sender = await bed.funded()
  const draft = await bed.chain.draft(sender.address, transfer())
  const anchor = await bed.chain.expiry!.anchor()
  const all = Array.from({ length: 300 }, (_, variation) =>
    signUnder(bed.chain, sender, draft, { ...anchor, variation }),
  )
  const sent = await bed.chain.broadcast(all.slice(0, 290).map(({ signed }) => signed.bytes))
  expect(new Set(sent.map(({ outcome }) => outcome))).toEqual(new Set(['accepted']))
  bed.node.advance(1)
  const seen = await bed.chain.observe(all.map(({ attempt }) => attempt))
  expect(seen.map(({ id }) => id)).toEqual(all.map(({ attempt }) => attempt.id))
  expect(seen.filter((one) => one.state === 'included')).toHaveLength(290)
  expect(seen.filter((one) => one.state === 'missing')).toHaveLength(10)
})

test('an answer that never arrives is unclear, and the chain tells', async () => {
  const sender = await bed.funded()
  const { attempt, signed } = await bed.signed(sender, transfer())
  bed.node.fault.loseSendAnswers = true
  expect(await bed.chain.broadcast([signed.bytes])).toEqual([{ outcome: 'unclear' }])
  bed.node.clearFaults()
  bed.node.advance(1)
  bed.pass(600_000)
  expect(await state(attempt)).toMatchObject({ state: 'included', succeeded: true })
})

test("a node's refusals are told apart", async () => {
  const sender = await bed.funded()
  const { signed } = await bed.signed(sender, transfer())
  const answerOf = async (error: { code: number; message: string; data?: unknown }) => {
    bed.node.fault.failMethods.sendTransaction = error
    const [answer] = await bed.chain.broadcast([signed.bytes])
    bed.pass(600_000)
    return answer
  }
  const preflight = (err: unknown) => ({ code: -32002, message: 'Transaction simulation failed', data: { err } })
  expect(await answerOf(preflight('BlockhashNotFound'))).toMatchObject({ outcome: 'refused', reason: 'expired' })
  expect(await answerOf(preflight('AlreadyProcessed'))).toEqual({ outcome: 'known' })
  expect(await answerOf(preflight('InsufficientFundsForFee'))).toMatchObject({ reason: 'insufficient-funds' })
  expect(await answerOf(preflight({ InstructionError: [0, 'x'] }))).toMatchObject({ reason: 'invalid' })
  expect(await answerOf({ code: -32003, message: 'signature verification failure' })).toMatchObject({
    reason: 'invalid',
  })
  expect(await answerOf({ code: -32005, message: 'Node is behind by 99 slots' })).toEqual({ outcome: 'unclear' })
})

test('the anchor is shared for two seconds and then read again', async () => {
  const first = await bed.chain.expiry!.anchor()
  bed.node.advance(5)
  expect(await bed.chain.expiry!.anchor()).toEqual(first)
  bed.pass(2_000)
  const second = await bed.chain.expiry!.anchor()
  expect(second.lastValid).toBe(first.lastValid! + 5)
})

async function lastHeight(commitment: string): Promise<number> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getBlockHeight', params: [{ commitment }] })
  const answer = await fetch(bed.node.url, { method: 'POST', body })
  return ((await answer.json()) as { result: number }).result
}
