import { type GivenInstruction, toBase } from '@waiaas/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bed, newWallet, testBed, type Wallet } from '../../../test/solana-bed.ts'
import { given, holding, keyOf, run, seeded, u64 } from '../../../test/solana-instructions.ts'
import { systemProgram, token2022Program } from './programs.ts'

// Each extension as the program itself makes it, on the local VM.

let bed: Bed
beforeAll(async () => {
  bed = await testBed()
})
afterAll(() => bed.close())

const nobody = Array<number>(32).fill(0)
/** What an extension takes of a mint, and the instruction that makes it ready: its data behind the mint. */
type Made = { readonly size: number; readonly data: (issuer: number[]) => readonly number[] }
const u16 = (value: number) => [value & 0xff, value >> 8]
const f64 = (value: number) => [...new Uint8Array(Float64Array.of(value).buffer)]

const extensions = {
  transferFee: { size: 108, data: (me) => [26, 0, 1, ...me, 1, ...me, ...u16(100), ...u64(1_000n)] },
  closeAuthority: { size: 32, data: (me) => [25, 1, ...me] },
  confidential: { size: 65, data: (me) => [27, 0, ...me, 1, ...nobody] },
  confidentialFee: { size: 129, data: (me) => [37, 0, ...me, ...nobody] },
  thawed: { size: 1, data: () => [28, 0, 1] },
  frozen: { size: 1, data: () => [28, 0, 2] },
  nonTransferable: { size: 0, data: () => [32] },
  interestBearing: { size: 52, data: (me) => [33, 0, ...me, ...u16(500)] },
  permanentDelegate: { size: 32, data: (me) => [35, ...me] },
  noHook: { size: 64, data: (me) => [36, 0, ...me, ...nobody] },
  hook: { size: 64, data: (me) => [36, 0, ...me, ...me] },
  metadataPointer: { size: 64, data: (me) => [39, 0, ...me, ...me] },
  groupPointer: { size: 64, data: (me) => [40, 0, ...me, ...me] },
  memberPointer: { size: 64, data: (me) => [41, 0, ...me, ...me] },
  scaled: { size: 56, data: (me) => [43, 0, ...me, ...f64(10)] },
  pausable: { size: 33, data: (me) => [44, 0, ...me] },
} satisfies Record<string, Made>
type Name = keyof typeof extensions

let count = 0
/** A mint of two decimals with these, whose issuer holds a thousand of it. */
async function issued(...names: readonly Name[]) {
  const issuer = await bed.funded()
  const me = keyOf(issuer.address)
  const size = names.reduce((sum, name) => sum + 4 + extensions[name].size, names.length > 0 ? 166 : 82)
  const made = await seeded(issuer, `mint ${++count}`, { program: token2022Program, size, lamports: 10_000_000n })
  const { address: mint } = made
  const prepared = names.map((name) => given(token2022Program, [mint], extensions[name].data(me)))
  const ready = given(token2022Program, [mint], [20, 2, ...me, 1, ...me])
  expect(await run(bed, issuer, made.make, ...prepared, ready)).toBe(true)
  return { issuer, mint }
}
type Issued = Awaited<ReturnType<typeof issued>>

/** Gives some to the account of a holder, thawed where they begin as frozen. */
async function held({ issuer, mint }: Issued, holder: string, isFrozen = false) {
  const { address, create } = holding(issuer.address, holder, { mint, program: token2022Program })
  const thaw = isFrozen ? [given(token2022Program, [address, mint, issuer.address], [11])] : []
  const give = given(token2022Program, [mint, address, issuer.address], [7, ...u64(1_000n)])
  expect(await run(bed, issuer, create, ...thaw, give)).toBe(true)
  return address
}

async function transferOf(mint: string, wallet: Wallet, to: string, memo?: string) {
  bed.pass(600_000)
  const token = await bed.chain.token(mint)
  const intent = { kind: 'token-transfer', to, amount: toBase(400n), token, ...(memo && { memo }) } as const
  const one = await bed.signed(wallet, intent)
  return { ...one, fault: (await bed.chain.precheck(wallet.address, [one.draft], []))[0] }
}

/** Sends 400 of it, and says what both have then and that no more was paid than was said. */
async function paid(mint: string, wallet: Wallet, { to, memo }: { to: string; memo?: string }) {
  const before = await bed.chain.balance(wallet.address)
  const { attempt, signed, draft, fault } = await transferOf(mint, wallet, to, memo)
  expect(fault).toBeNull()
  await bed.chain.broadcast([signed.bytes])
  bed.node.advance(1)
  expect(await bed.chain.observe([attempt])).toMatchObject([{ state: 'included', succeeded: true }])
  const spent = before - (await bed.chain.balance(wallet.address))
  expect(spent).toBeLessThanOrEqual(draft.maxFee)
  expect(draft.maxFee - spent).toBeLessThan(150_000n)
  expect(await bed.chain.landed!({ hash: attempt.hash, sender: wallet.address, alone: true })).toMatchObject([
    { kind: 'outflow', amount: '400' },
  ])
  return [await amountOf(mint, wallet.address), await amountOf(mint, to)]
}
async function amountOf(mint: string, owner: string) {
  const { address } = holding(owner, owner, { mint, program: token2022Program })
  return (await bed.data(address)).readBigUInt64LE(64)
}

describe('is paid like any other', () => {
  test.each<[string, Name[], bigint]>([
    ['a mint that may be closed', ['closeAuthority'], 400n],
    ['whose balances may be hidden', ['confidential'], 400n],
    ['whose accounts begin as thawed', ['thawed'], 400n],
    ['whose issuer may take from every account', ['permanentDelegate'], 400n],
    ['with room for a hook, and none', ['noHook'], 400n],
    ['that is described elsewhere', ['metadataPointer', 'groupPointer', 'memberPointer'], 400n],
    ['that can be paused, and is not', ['pausable'], 400n],
    [
      'with all of this, and a fee',
      [
        'transferFee',
        'closeAuthority',
        'confidential',
        'confidentialFee',
        'thawed',
        'permanentDelegate',
        'noHook',
        'metadataPointer',
        'pausable',
      ],
      396n,
    ],
  ])('a token %s', async (_, names, arrives) => {
    const token = await issued(...names)
    const [wallet, to] = [await bed.funded(), newWallet()]
    await held(token, wallet.address)
    expect(await paid(token.mint, wallet, { to: to.address })).toEqual([600n, arrives])
  })
})

describe('is refused by its name', () => {
  test.each<[Name, string, string]>([
    ['nonTransferable', 'non-transferable', 'none of it can be sent'],
    ['interestBearing', 'interest bearing', 'grows with time'],
    ['scaled', 'scaled UI amount', 'multiplied by a factor'],
    ['hook', 'transfer hook', 'runs with each transfer'],
  ])('%s, with what is odd about it and what can be done', async (name, said, why) => {
    const { mint } = await issued(name)
    await expect(bed.chain.token(mint)).rejects.toMatchObject({
      code: 'TOKEN_UNSUPPORTED',
      message: expect.stringMatching(new RegExp(`is ${said} \\(.*${why}.*; move it with a wallet`)),
      details: { extensions: [said] },
    })
  })
})

test('of a token that is paused nothing is sent, until it is resumed', async () => {
  const token = await issued('pausable')
  const [wallet, to] = [await bed.funded(), newWallet()]
  await held(token, wallet.address)
  const set = (to: number) => given(token2022Program, [token.mint, token.issuer.address], [44, to])
  expect(await run(bed, token.issuer, set(1))).toBe(true)
  await expect(transferOf(token.mint, wallet, to.address)).rejects.toThrow('is paused')
  expect(await run(bed, token.issuer, set(2))).toBe(true)
  const late = await transferOf(token.mint, wallet, to.address)
  expect(await run(bed, token.issuer, set(1))).toBe(true)
  // It was paused behind the look at its mint, so the simulation finds it.
  expect(await bed.chain.precheck(wallet.address, [late.draft], [])).toMatchObject([{ code: 'INVALID_TRANSACTION' }])
})

test('a token whose accounts begin as frozen reaches who was let in, and nobody else', async () => {
  const token = await issued('frozen')
  const [wallet, member, stranger] = [await bed.funded(), newWallet(), newWallet()]
  await held(token, wallet.address, true)
  await held(token, member.address, true)
  expect(await paid(token.mint, wallet, { to: member.address })).toEqual([600n, 1_400n])
  expect((await transferOf(token.mint, wallet, stranger.address)).fault).toMatchObject({
    code: 'INVALID_TRANSACTION',
    message: expect.stringContaining('frozen'),
  })
})

describe('an account', () => {
  /** Its owner lets it grow for an extension, and switches that on. */
  async function switched(owner: Wallet, account: string, { type, on }: { type: number; on: number[] }) {
    const grow = given(token2022Program, [account, owner.address, systemProgram, owner.address], [29, ...u16(type)])
    const set: GivenInstruction = given(token2022Program, [account, owner.address], on)
    expect(await run(bed, owner, grow, set)).toBe(true)
  }
  test('that wants a memo gets one, or nothing', async () => {
    const token = await issued()
    const [wallet, to] = [await bed.funded(), await bed.funded()]
    await held(token, wallet.address)
    await switched(to, await held(token, to.address), { type: 8, on: [30, 0] })
    await expect(transferOf(token.mint, wallet, to.address)).rejects.toThrow('with a memo alone')
    expect(await paid(token.mint, wallet, { to: to.address, memo: 'rent' })).toEqual([600n, 1_400n])
    // Nor is it remembered as one that takes all.
    await expect(transferOf(token.mint, wallet, to.address)).rejects.toThrow('with a memo alone')
  })

  test('that no program may move pays like any other when its owner asks', async () => {
    const token = await issued()
    const [wallet, to] = [await bed.funded(), newWallet()]
    await switched(wallet, await held(token, wallet.address), { type: 11, on: [34, 0] })
    expect(await paid(token.mint, wallet, { to: to.address })).toEqual([600n, 400n])
  })
})

test('the most room that a mint makes in an account costs no more than is said', async () => {
  const token = await issued('transferFee', 'noHook', 'pausable')
  const account = await held(token, newWallet().address)
  expect((await bed.data(account)).length).toBe(191)
})
