import { factsOf, nativeAsset, toBase } from '@waiaas/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Draft, Lifetime } from '../src/chains/build.ts'
import type { Chain } from '../src/chains/chain.ts'
import type { Attempt, Sighting } from '../src/chains/follow.ts'
import type { Intent, Token } from '../src/chains/intent.ts'

export type Payer = { readonly address: string; sign(unsigned: Uint8Array): Promise<Uint8Array> }

/** A real node whose blocks come when told, a chain over it, and what only its family knows. */
export type ConformanceBed = {
  readonly chain: Chain
  /** The same node under the name of another network. */
  readonly impostor: Chain
  /** How addresses may be written, each with its canonical form. */
  readonly addresses: readonly (readonly [written: string, canonical: string])[]
  readonly notAddresses: readonly string[]
  readonly token: Token
  /** An address that nobody has used. */
  newAddress(): string
  /** A new one with exactly `purse` native base units. */
  payer(): Promise<Payer>
  readonly purse: bigint
  mint(to: string, amount: bigint): Promise<unknown>
  /** What its node takes, and what then fails in its block. */
  doomed(payer: Payer): Promise<Draft>
  /** Makes blocks; nothing that the chain remembers is fresh afterwards. */
  pass(blocks: number): Promise<unknown>
  /** So many blocks after its own an attempt is final, and its expiry is certain after so many. */
  readonly finalAfter: number
  readonly expiredAfter?: number
  close(): Promise<unknown>
}
type Traits = { readonly order: boolean; readonly expiry: boolean }
type Tools = ReturnType<typeof tools>

const AMOUNT = 2_000_000n

/** What every chain family keeps to, on its real node. `traits` says what the family is. */
export function chainConformance(make: () => Promise<ConformanceBed>, traits: Traits): void {
  let bed: ConformanceBed
  beforeAll(async () => {
    bed = await make()
  })
  afterAll(() => bed.close())
  const of = () => tools(bed)
  test('the chain has the traits of its family', () => {
    const { order, expiry, anyLifetime } = bed.chain
    expect({ order: order !== undefined, expiry: expiry !== undefined }).toEqual(traits)
    expect(anyLifetime.nonce !== undefined).toBe(traits.order)
    expect(anyLifetime.lastValid !== undefined).toBe(traits.expiry)
  })
  describe('identity', () => identity(of))
  describe('reading', () => reading(of))
  describe('building', () => building(of))
  describe('following', () => following(of))
  if (traits.order) describe('order', () => order(of))
  if (traits.expiry) describe('expiry', () => expiry(of))
}

function tools(bed: ConformanceBed) {
  const { chain } = bed
  const lifetime = async (sender: string): Promise<Lifetime> => ({
    ...(await chain.expiry?.anchor()),
    ...(chain.order ? { nonce: await chain.order.nextNonce(sender, 0) } : { variation: 0 }),
  })
  async function signed(payer: Payer, draft: Draft, place?: Lifetime) {
    const under = place ?? (await lifetime(payer.address))
    const unsigned = chain.bytes(payer.address, draft, under)
    const { hash, bytes } = chain.addSignature(payer.address, unsigned, await payer.sign(unsigned))
    const attempt: Attempt = { id: hash.slice(0, 12), hash, sender: payer.address, lifetime: under }
    return { draft, bytes, attempt, hash }
  }
  return {
    bed,
    chain,
    lifetime,
    signed,
    transfer: (to: string, amount = AMOUNT): Intent => ({ kind: 'transfer', to, amount: toBase(amount) }),
    async paid(payer: Payer, to: string, place?: Lifetime) {
      return signed(payer, await chain.draft(payer.address, { kind: 'transfer', to, amount: toBase(AMOUNT) }), place)
    },
    async see(attempt: Attempt): Promise<Sighting> {
      const seen = await chain.observe([attempt])
      expect(seen.map(({ id }) => id)).toEqual([attempt.id])
      return seen[0]!
    },
  }
}

function identity(of: () => Tools): void {
  test('an address has one canonical form', () => {
    const { bed, chain } = of()
    for (const [written, canonical] of bed.addresses) {
      expect(chain.address(written)).toBe(canonical)
      expect(chain.address(canonical)).toBe(canonical)
    }
  })
  test('what is no address, or nobody can own, is refused', () => {
    const { bed, chain } = of()
    for (const text of ['', ' ', ...bed.notAddresses])
      expect(() => chain.address(text), text).toThrow(expect.objectContaining({ code: 'INVALID_ADDRESS' }))
  })
  test('a node of another network is refused and answers nothing', async () => {
    const { bed, chain } = of()
    await chain.connect()
    await expect(bed.impostor.connect()).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
    await expect(bed.impostor.balance(bed.newAddress())).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  })
}

function reading(of: () => Tools): void {
  test('the time of the newest block is read', async () => {
    expect(await of().chain.blockTime()).toBeGreaterThan(1_600_000_000_000)
  })
  test('what a unit of gas costs is read, and its tip is a part of it', async () => {
    const { asked, tip } = await of().chain.unitPrice()
    expect(asked).toBeGreaterThan(0n)
    expect(tip).toBeLessThanOrEqual(asked)
  })
  test('a token is described by the chain, and what is none is not', async () => {
    const { bed, chain } = of()
    const { address, asset, decimals } = bed.token
    expect(await chain.token(address)).toMatchObject({ address, asset, decimals })
    await expect(chain.token(bed.newAddress())).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' })
  })
  test('balances are what came in', async () => {
    const { bed, chain } = of()
    const payer = await bed.payer()
    await bed.mint(payer.address, 7n)
    await bed.pass(1)
    expect(await chain.balance(payer.address)).toBe(bed.purse)
    expect(await chain.balance(bed.newAddress())).toBe(0n)
    expect(await chain.tokenBalances(payer.address, [bed.token])).toEqual([{ token: bed.token, amount: 7n }])
  })
}

function building(of: () => Tools): void {
  test('what is drafted is what is decoded, under any lifetime, and costs no more than was said', async () => {
    const { bed, chain, lifetime, transfer } = of()
    const { address } = await bed.payer()
    await bed.mint(address, 10n)
    await bed.pass(1)
    const to = bed.newAddress()
    const native = nativeAsset(chain.network)
    const intents: [Intent, string, bigint][] = [
      [transfer(to), native, AMOUNT],
      [{ kind: 'token-transfer', to, amount: toBase(3n), token: bed.token }, bed.token.asset, 3n],
    ]
    const own = await lifetime(address)
    const later = { ...own, ...(own.nonce === undefined ? { variation: 7 } : { nonce: own.nonce + 7 }) }
    for (const [intent, asset, amount] of intents) {
      const draft = await chain.draft(address, intent)
      const all = [chain.anyLifetime, own, later].map((place) => chain.bytes(address, draft, place))
      const decoded = all.map((bytes) => chain.decode(address, bytes, chain.hints(intent)))
      expect(all[1]).not.toEqual(all[2])
      expect(new Set(decoded.map(({ digest }) => digest)).size).toBe(1)
      for (const { effects } of decoded) {
        expect(factsOf(effects)).toMatchObject({ pays: [{ asset, amount, to }], unknown: [], calls: [], spenders: [] })
        expect(effects).toMatchObject({ network: chain.network.id, sender: address, fee: { asset: native } })
        expect(BigInt(effects.fee.max)).toBeLessThanOrEqual(draft.maxFee)
      }
    }
  })
  test('another amount, recipient or asset is another digest', async () => {
    const { bed, chain, transfer } = of()
    const { address } = await bed.payer()
    await bed.mint(address, AMOUNT)
    await bed.pass(1)
    const to = bed.newAddress()
    const token: Intent = { kind: 'token-transfer', to, amount: toBase(AMOUNT), token: bed.token }
    const intents = [transfer(to), transfer(to, AMOUNT + 1n), transfer(bed.newAddress()), token]
    const digests = intents.map(async (intent) => {
      const bytes = chain.bytes(address, await chain.draft(address, intent), chain.anyLifetime)
      return chain.decode(address, bytes, chain.hints(intent)).digest
    })
    expect(new Set(await Promise.all(digests)).size).toBe(intents.length)
  })
  test("nobody else's signature is taken", async () => {
    const { bed, chain, transfer } = of()
    const [payer, other] = [await bed.payer(), await bed.payer()]
    const draft = await chain.draft(payer.address, transfer(bed.newAddress()))
    const unsigned = chain.bytes(payer.address, draft, chain.anyLifetime)
    const [own, foreign] = [await payer.sign(unsigned), await other.sign(unsigned)]
    expect(() => chain.addSignature(payer.address, unsigned, foreign)).toThrow()
    expect(() => chain.addSignature(payer.address, unsigned, own.slice(1))).toThrow()
    expect(chain.addSignature(payer.address, unsigned, own).bytes.length).toBeGreaterThan(unsigned.length)
  })
}

function following(of: () => Tools): void {
  test('more than there is, or than is not promised yet, is refused before it is sent', async () => {
    const { bed, chain, transfer } = of()
    const { address } = await bed.payer()
    const to = bed.newAddress()
    const some = await chain.draft(address, transfer(to, bed.purse / 2n))
    const all = await chain.draft(address, transfer(to, bed.purse))
    const short = { code: 'INSUFFICIENT_BALANCE' }
    expect(await chain.precheck(address, [some], [])).toEqual([null])
    expect(await chain.precheck(address, [some, some], [])).toMatchObject([null, short])
    expect(await chain.precheck(address, [all], [])).toMatchObject([short])
    const promised = [{ hash: null, nonce: chain.order ? 0 : null, cost: toBase(bed.purse / 2n) }]
    expect(await chain.precheck(address, [some], promised)).toMatchObject([short])
  })
  test('a payment is missing, pending, included and final, and costs what its sender lost', async () => {
    const { bed, chain, paid, see } = of()
    const payer = await bed.payer()
    const to = bed.newAddress()
    await chain.observe([])
    const { draft, bytes, attempt } = await paid(payer, to)
    expect(await chain.precheck(payer.address, [draft], [])).toEqual([null])
    expect((await see(attempt)).state).toBe('missing')
    expect(await chain.broadcast([bytes])).toEqual([{ outcome: 'accepted' }])
    expect((await see(attempt)).state).toBe('pending')
    await bed.pass(1)
    const seen = await see(attempt)
    if (seen.state !== 'included') throw new Error(`expected an included attempt, got ${seen.state}`)
    expect(seen).toMatchObject({ succeeded: true, final: false })
    await bed.pass(bed.finalAfter)
    expect(await see(attempt)).toEqual({ ...seen, final: true, depth: seen.depth + bed.finalAfter })
    expect(await chain.balance(to)).toBe(AMOUNT)
    expect(await chain.balance(payer.address)).toBe(bed.purse - AMOUNT - seen.fee)
    expect(seen.fee).toBeLessThanOrEqual(draft.maxFee)
  })
  test('what fails in its block says why, and pays its fee alone', async () => {
    const { bed, chain, signed, see } = of()
    const payer = await bed.payer()
    const { bytes, attempt } = await signed(payer, await bed.doomed(payer))
    await chain.broadcast([bytes])
    await bed.pass(1)
    const fee = bed.purse - (await chain.balance(payer.address))
    expect(await see(attempt)).toMatchObject({ state: 'included', succeeded: false, fee, error: expect.any(String) })
    await bed.pass(bed.finalAfter)
    expect(await see(attempt)).toMatchObject({ state: 'included', succeeded: false, fee, final: true })
  })
  test('the same bytes pay once, however often they are sent', async () => {
    const { bed, chain, paid, see } = of()
    const payer = await bed.payer()
    const to = bed.newAddress()
    const { bytes, attempt } = await paid(payer, to)
    const again = async () => (await chain.broadcast([bytes]))[0]!.outcome
    expect(await again()).toBe('accepted')
    expect(['accepted', 'known']).toContain(await again())
    await bed.pass(1)
    const first = await see(attempt)
    await again()
    await bed.pass(1)
    await again()
    await bed.pass(bed.finalAfter)
    expect(await see(attempt)).toMatchObject({ ...first, final: true, depth: expect.any(Number) })
    expect(await chain.balance(to)).toBe(AMOUNT)
  })
}

function order(of: () => Tools): void {
  test('the next nonce goes up with each that is in a block', async () => {
    const { bed, chain, lifetime, paid } = of()
    const payer = await bed.payer()
    const next = () => chain.order!.nextNonce(payer.address, 0)
    const start = await next()
    const second = { ...(await lifetime(payer.address)), nonce: start + 1 }
    const all = [await paid(payer, bed.newAddress()), await paid(payer, bed.newAddress(), second)]
    await chain.broadcast(all.map(({ bytes }) => bytes))
    await bed.pass(1)
    expect(await next()).toBe(start + 2)
  })
  test('an attempt whose nonce somebody else used is void, with proof, once that is final', async () => {
    const { bed, chain, paid, see } = of()
    const payer = await bed.payer()
    const to = bed.newAddress()
    const [mine, foreign] = [await paid(payer, to), await paid(payer, bed.newAddress())]
    await chain.broadcast([foreign.bytes])
    await bed.pass(1)
    expect((await see(mine.attempt)).state).not.toBe('void')
    await bed.pass(bed.finalAfter)
    const gone = { state: 'void', cause: 'overtaken', by: foreign.hash, proof: expect.any(String) }
    expect(await see(mine.attempt)).toMatchObject(gone)
    await chain.broadcast([mine.bytes])
    await bed.pass(1)
    expect(await chain.balance(to)).toBe(0n)
  })
  test('what outbids takes the nonce, and one of the two is paid', async () => {
    const { bed, chain, paid, signed, see, transfer } = of()
    const payer = await bed.payer()
    const to = bed.newAddress()
    const first = await paid(payer, to)
    const dearer = await chain.draft(payer.address, transfer(to), { replaces: first.draft })
    const second = await signed(payer, dearer, first.attempt.lifetime)
    expect(await chain.broadcast([first.bytes])).toEqual([{ outcome: 'accepted' }])
    expect(await chain.broadcast([second.bytes])).toEqual([{ outcome: 'accepted' }])
    await bed.pass(1 + bed.finalAfter)
    expect(await chain.observe([first.attempt, second.attempt])).toMatchObject([
      { state: 'void', by: second.hash },
      { state: 'included', succeeded: true, final: true },
    ])
    expect(await see(second.attempt)).toMatchObject({ state: 'included' })
    expect(await chain.balance(to)).toBe(AMOUNT)
  })
}

function expiry(of: () => Tools): void {
  test('a new attempt lives by an anchor that is still to come', async () => {
    const { bed, chain } = of()
    const { lastValid } = await chain.expiry!.anchor()
    await bed.pass(1)
    expect((await chain.expiry!.anchor()).lastValid).toBeGreaterThanOrEqual(lastValid)
  })
  test('an attempt that was not sent in time is void, with proof, and lands no more', async () => {
    const { bed, chain, paid, see } = of()
    const to = bed.newAddress()
    const { bytes, attempt } = await paid(await bed.payer(), to)
    expect((await see(attempt)).state).toBe('missing')
    await bed.pass(bed.expiredAfter!)
    expect(await see(attempt)).toMatchObject({ state: 'void', cause: 'expired', proof: expect.any(String) })
    await chain.broadcast([bytes])
    await bed.pass(1)
    expect((await see(attempt)).state).toBe('void')
    expect(await chain.balance(to)).toBe(0n)
  })
  test('what landed in time stays paid when its time is over', async () => {
    const { bed, chain, paid, see } = of()
    const to = bed.newAddress()
    const { bytes, attempt } = await paid(await bed.payer(), to)
    await chain.broadcast([bytes])
    await bed.pass(bed.expiredAfter!)
    expect(await see(attempt)).toMatchObject({ state: 'included', succeeded: true, final: true })
    expect(await chain.balance(to)).toBe(AMOUNT)
  })
}
