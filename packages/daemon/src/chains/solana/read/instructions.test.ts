import { createHash } from 'node:crypto'
import { AccountRole, type Address, getAddressDecoder, getAddressEncoder, type Instruction } from '@solana/kit'
import { type Effect, factsOf, NETWORKS, nativeAsset, tokenAsset } from '@waiaas/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { associatedAccount } from '../associated-account.ts'
import { writeMessage } from '../body.ts'
import { decodeMessage } from '../decode.ts'
import {
  associatedTokenProgram,
  knownNonRecipient,
  stakeProgram,
  systemProgram,
  token2022Program,
  tokenProgram,
} from '../programs.ts'

const network = NETWORKS.find(({ id }) => id === 'solana-mainnet')!
const key = (seed: string): Address => getAddressDecoder().decode(createHash('sha256').update(seed).digest())
const [me, eve, mint, vote, stake] = [key('sender'), key('eve'), key('mint'), key('vote'), key('stake')]
const mine = associatedAccount(me, mint, tokenProgram).address
const native = nativeAsset(network)
const asset = tokenAsset(network, mint)

const bytes = (address: Address) => Buffer.from(getAddressEncoder().encode(address))
const u32 = (value: number) => Buffer.from(new Uint8Array(Uint32Array.of(value).buffer))
const u64 = (value: bigint) => Buffer.from(new Uint8Array(BigUint64Array.of(value).buffer))
const seed = [u64(4n), Buffer.from('seed')]

const of = (
  programAddress: Address,
  accounts: readonly Address[],
  ...data: readonly ArrayLike<number>[]
): Instruction => ({
  programAddress,
  accounts: accounts.map((address) => ({
    address,
    role: knownNonRecipient(address) ? AccountRole.READONLY : AccountRole.WRITABLE,
  })),
  data: Uint8Array.from(data.flatMap((part) => [...Array.from(part)])),
})
const effects = (...instructions: readonly Instruction[]): Effect[] =>
  decodeMessage({ network, address: me }, writeMessage(me, instructions, key('blockhash')), { owners: [eve] }).effects
    .effects
const facts = (...instructions: readonly Instruction[]) =>
  factsOf({ network: network.id, sender: me, effects: effects(...instructions), fee: { asset: native, max: '0' } })

const paid = (amount: bigint, to: Address, of = native) => ({
  pays: [{ asset: of, amount, to }],
  operators: [],
  unknown: [],
})
const given = (contract: Address, operator: Address) => ({ operators: [{ contract, operator }], unknown: [] })

const theirs = (program: Address) => associatedAccount(eve, mint, program).address

describe('what leaves, whatever it is called', () => {
  test.each([
    ['a transfer', of(systemProgram, [me, eve], u32(2), u64(7n))],
    [
      'a transfer from an account that the sender derives',
      of(systemProgram, [mine, me, eve], u32(11), u64(7n), ...seed, bytes(systemProgram)),
    ],
    [
      'the funding of an account',
      of(systemProgram, [me, eve], u32(3), bytes(me), ...seed, u64(7n), u64(200n), bytes(stakeProgram)),
    ],
  ])('of lamports: %s', (_, instruction) => {
    expect(facts(instruction)).toMatchObject({ ...paid(7n, eve), calls: [] })
  })

  test('of nothing, where an account pays itself', () => {
    expect(facts(of(systemProgram, [me, me], u32(2), u64(7n)))).toMatchObject(paid(0n, me))
    const from = associatedAccount(me, mint, tokenProgram).address
    expect(facts(of(tokenProgram, [from, mint, from, me], [12], u64(7n), [6]))).toMatchObject(paid(0n, me, asset))
  })

  test('of lamports: a new account, which signs too', () => {
    const told = facts(of(systemProgram, [me, eve], u32(0), u64(7n), u64(200n), bytes(tokenProgram)))
    expect(told).toMatchObject({ ...paid(7n, eve), calls: [] })
  })

  test('of a stake', () => {
    const withdraw = (to: Address) => of(stakeProgram, [stake, to, vote, vote, me], u32(4), u64(7n))
    expect(facts(withdraw(eve))).toMatchObject(paid(7n, eve))
    expect(facts(withdraw(me))).toMatchObject({ pays: [], calls: [{ contract: stakeProgram }], unknown: [] })
  })

  test.each([tokenProgram, token2022Program])('of tokens of %s', (program) => {
    const to = theirs(program)
    const from = associatedAccount(me, mint, program).address
    expect(facts(of(program, [from, mint, to, me], [12], u64(7n), [6]))).toMatchObject({
      ...paid(7n, eve, asset),
      calls: [],
    })
    const withFee = of(program, [from, mint, to, me], [26, 1], u64(7n), [6], u64(1n))
    expect(facts(withFee)).toMatchObject(paid(7n, eve, asset))
    expect(facts(of(program, [from, mint, me], [8], u64(7n)))).toMatchObject(paid(7n, mint, asset))
    expect(facts(of(program, [from, mint, me], [15], u64(7n), [6]))).toMatchObject(paid(7n, mint, asset))
  })

  test('with an account that is closed, to somebody else: how much the bytes do not tell', () => {
    const told = facts(of(tokenProgram, [mine, eve, me], [9]))
    expect(told).toMatchObject({
      pays: [{ asset: native, to: eve }],
      calls: [{}],
      unknown: [expect.stringContaining('closed')],
    })
    const own = of(tokenProgram, [mine, me, me], [9])
    expect(facts(own, of(systemProgram, [me, eve], u32(2), u64(7n)))).toMatchObject({ calls: [{}], unknown: [] })
    // What only closes takes nothing: the program closes none that holds tokens.
    expect(facts(own)).toMatchObject({ pays: [], calls: [], unknown: [] })
  })
})

describe('what is handed over', () => {
  test('is an authority of a token account or a mint', () => {
    for (const authority of [0, 1, 2, 3, 9])
      expect(facts(of(tokenProgram, [mine, me], [6, authority, 1], bytes(eve)))).toMatchObject(given(mine, eve))
    expect(facts(of(tokenProgram, [mine, me], [6, 2, 1], bytes(me)))).toMatchObject({ operators: [], unknown: [] })
    expect(facts(of(tokenProgram, [mine, me], [6, 3, 0]))).toMatchObject({ operators: [], unknown: [] })
  })

  test('is an authority of a stake', () => {
    const authorize = (next: Address) => of(stakeProgram, [stake, vote, me], u32(1), bytes(next), u32(1))
    expect(facts(authorize(eve))).toMatchObject(given(stake, eve))
    expect(facts(authorize(me))).toMatchObject({ operators: [], calls: [{}], unknown: [] })
    const initialize = (...who: Address[]) =>
      of(stakeProgram, [stake, vote], u32(0), bytes(who[0]!), bytes(who[1]!), u64(0n), u64(0n), bytes(who[2]!))
    expect(facts(initialize(me, me, systemProgram))).toMatchObject({ operators: [], unknown: [] })
    for (const who of [
      [eve, me, systemProgram],
      [me, eve, me],
      [me, me, eve],
    ])
      expect(facts(initialize(...who))).toMatchObject(given(stake, eve))
  })

  test('is an authority of a stake in its other forms', () => {
    const others = [
      of(stakeProgram, [stake, me], u32(6), [0, 0, 1], bytes(eve)),
      of(stakeProgram, [stake, me], u32(6), [1], u64(9n), [0, 1], bytes(eve)),
      of(stakeProgram, [stake, me, vote], u32(8), bytes(eve), u32(1), ...seed, bytes(systemProgram)),
      of(stakeProgram, [stake, vote, me, eve], u32(10), u32(1)),
      of(stakeProgram, [stake, me, vote, eve], u32(11), u32(1), ...seed, bytes(systemProgram)),
      of(stakeProgram, [stake, me, eve], u32(12), [0, 0]),
    ]
    for (const other of others) expect(facts(other)).toMatchObject(given(stake, eve))
    const later = of(stakeProgram, [stake, me], u32(6), [0, 1], u64(9n), [0])
    expect(facts(later).operators).toHaveLength(1)
    const own = of(stakeProgram, [stake, me], u32(6), [1], u64(9n), [0, 1], bytes(me))
    expect(facts(own)).toMatchObject({ operators: [], calls: [{}], unknown: [] })
  })

  test('is an account that is derived from the wallet', () => {
    expect(facts(of(systemProgram, [mine, me], u32(10), bytes(me), ...seed, bytes(eve)))).toMatchObject(
      given(mine, eve),
    )
    const filled = of(systemProgram, [mine, me], u32(9), bytes(me), ...seed, u64(8n), bytes(eve))
    expect(facts(filled)).toMatchObject(given(mine, eve))
  })

  test('are fees that a token of its own has withheld', () => {
    const fees = (to: Address, kind: number) => of(token2022Program, [mint, to, me], [26, kind])
    expect(facts(fees(theirs(token2022Program), 2))).toMatchObject(given(mint, theirs(token2022Program)))
    expect(facts(fees(theirs(token2022Program), 3))).toMatchObject(given(mint, theirs(token2022Program)))
    const own = associatedAccount(me, mint, token2022Program).address
    expect(facts(fees(own, 2))).toMatchObject({ operators: [], calls: [{}], unknown: [] })
  })

  test('never is the account of the wallet itself', () => {
    const assign = of(systemProgram, [me], u32(1), bytes(eve))
    const allocate = of(systemProgram, [me], u32(8), u64(9n))
    for (const instruction of [assign, allocate])
      expect(() => effects(instruction)).toThrow(expect.objectContaining({ code: 'INVALID_TRANSACTION' }))
  })

  test.each([4, 5, 6, 7, 12])('never by way of a durable nonce: instruction %s', (kind) => {
    expect(() => effects(of(systemProgram, [eve, me], u32(kind)))).toThrow(/durable nonces/)
  })
})

test('who may take tokens is a spender, also beside a call', () => {
  const delegate = of(tokenProgram, [mine, mint, eve, me], [13], u64(7n), [6])
  const stranger = of(key('program'), [mine, me], [1, 2])
  expect(facts(delegate)).toMatchObject({ spenders: [{ asset, amount: 7n, spender: eve }], calls: [], unknown: [] })
  expect(facts(delegate, stranger)).toMatchObject({ spenders: [{ spender: eve }], calls: [{}], unknown: [{}] })
  expect(facts(stranger, delegate)).toMatchObject({ spenders: [{ spender: eve }], calls: [{}], unknown: [{}] })
})

test('what moves nothing is a call of its program, named by its first bytes', () => {
  const harmless = [
    of(tokenProgram, [mine], [17]),
    of(tokenProgram, [mine, me], [5]),
    of(tokenProgram, [mine, mint], [18], bytes(eve)),
    of(stakeProgram, [stake, vote, vote, vote, vote, me], u32(2)),
    of(stakeProgram, [stake, vote, me], u32(3), u64(5n)),
    of(stakeProgram, [stake, vote, me], u32(5)),
    of(stakeProgram, [stake, vote, vote, vote, me], u32(7)),
  ]
  for (const instruction of harmless) {
    const selector = `0x${Buffer.from(instruction.data!).subarray(0, 8).toString('hex')}`
    expect(effects(instruction)).toEqual([{ kind: 'call', contract: instruction.programAddress, selector, value: '0' }])
  }
})

test('what others have to allow, and what is not whole, is unknown', () => {
  const strange = [
    of(systemProgram, [eve, me], u32(2), u64(7n)),
    of(systemProgram, [mine, eve, me], u32(11), u64(7n), ...seed, bytes(systemProgram)),
    of(systemProgram, [me, mine], u32(3), bytes(eve), ...seed, u64(7n), u64(200n), bytes(stakeProgram)),
    of(systemProgram, [me, mine], u32(3), bytes(me), u64(2n ** 63n), u64(7n), u64(200n), bytes(stakeProgram)),
    of(systemProgram, [mine, me], u32(10), bytes(eve), ...seed, bytes(eve)),
    of(tokenProgram, [mine, eve], [6, 2, 1], bytes(eve)),
    of(tokenProgram, [mine, me, eve], [6, 2, 1], bytes(eve)),
    of(tokenProgram, [mine, me], [6, 2, 1], bytes(eve), [0]),
    of(tokenProgram, [mine, me, eve], [9]),
    of(tokenProgram, [mine, eve, me], [3], u64(7n)),
    of(tokenProgram, [mine, eve, me], [4], u64(7n)),
    of(tokenProgram, [mine, mine, me], [255, 3, 9, 3], u64(7n)),
    of(token2022Program, [mine, me], [34, 0]),
    of(token2022Program, [mine, eve, me], [38]),
    of(stakeProgram, [stake, eve, vote, vote, eve], u32(4), u64(7n)),
    of(stakeProgram, [stake, vote, eve], u32(1), bytes(eve), u32(1)),
    of(stakeProgram, [stake, vote, eve, me], u32(10), u32(1)),
    of(stakeProgram, [stake, eve], u32(6), [0, 0, 1], bytes(eve)),
    of(stakeProgram, [stake, me], u32(6), [0, 0, 1], bytes(eve), [0]),
    of(associatedTokenProgram, [mine, mint, mine, me, mint, me, tokenProgram], [2]),
  ]
  for (const [at, instruction] of strange.entries()) {
    const told = facts(instruction)
    expect(told.unknown.length, `case ${at}`).toBeGreaterThan(0)
    expect(told.calls, `case ${at}`).toMatchObject([{ contract: instruction.programAddress }])
  }
})

test('the place of an instruction changes nothing of what is told', () => {
  const parts = [
    of(tokenProgram, [mine, mint, eve, me], [13], u64(7n), [6]),
    of(tokenProgram, [mine, me], [6, 2, 1], bytes(eve)),
    of(systemProgram, [me, eve], u32(2), u64(7n)),
    of(key('program'), [mine, me], [1]),
  ]
  const sorted = (all: Effect[]) => all.map((one) => JSON.stringify(one)).sort()
  const told = sorted(effects(...parts))
  fc.assert(
    fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), (order) => {
      expect(sorted(effects(...order))).toEqual(told)
    }),
    { numRuns: 24 },
  )
})

test('junk never throws past the border, and never decodes to nothing', () => {
  const program = fc.constantFrom(systemProgram, tokenProgram, token2022Program, stakeProgram, associatedTokenProgram)
  const account = fc.constantFrom(me, eve, mint, mine, stake, systemProgram)
  const first = fc.oneof(fc.nat(46), fc.constant(255))
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 130 }),
    fc.tuple(first, fc.uint8Array({ maxLength: 130 })).map(([kind, rest]) => Uint8Array.of(kind, ...rest)),
    fc
      .tuple(fc.nat(17), fc.uint8Array({ maxLength: 130 }))
      .map(([kind, rest]) => Uint8Array.of(kind, 0, 0, 0, ...rest)),
  )
  const instruction = fc
    .record({ program, accounts: fc.array(account, { maxLength: 7 }), data })
    .map((one) => of(one.program, one.accounts, one.data))
  fc.assert(
    fc.property(fc.array(instruction, { minLength: 1, maxLength: 4 }), (instructions) => {
      try {
        const told = effects(...instructions)
        expect(told.length).toBeGreaterThanOrEqual(instructions.length)
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_TRANSACTION' })
      }
    }),
    { numRuns: 2_000 },
  )
})
