import { createHash } from 'node:crypto'
import { getAddressDecoder } from '@solana/kit'
import { toBase, tokenAsset } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bed, localSolana, newWallet, testBed } from '../../../test/solana-bed.ts'
import type { ReadAccount } from './accounts.ts'
import { readMint } from './mint.ts'
import { requireSupportedMint } from './mint-extensions.ts'
import { token2022Program, tokenProgram } from './programs.ts'

let bed: Bed
beforeAll(async () => {
  bed = await testBed()
})
afterAll(() => bed.close())

const mint = getAddressDecoder().decode(createHash('sha256').update('mint').digest())
const entry = (type: number, value: Uint8Array) => {
  const header = Buffer.alloc(4)
  header.writeUInt16LE(type)
  header.writeUInt16LE(value.length, 2)
  return Buffer.concat([header, value])
}
/** A Token-2022 mint of 4 decimals with these extensions, laid out as the program does it. */
function mintWith(...extensions: Buffer[]): ReadAccount {
  const base = Buffer.alloc(165)
  base[44] = 4
  base[45] = 1
  const data = Buffer.concat([base, Uint8Array.of(1), ...extensions])
  return { owner: token2022Program, executable: false, data }
}
const text = (value: string) => {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([length, bytes])
}
const metadata = (name: string, symbol: string) =>
  entry(
    19,
    Buffer.concat([Buffer.alloc(64, 3), text(name), text(symbol), text('https://example.org'), Buffer.alloc(4)]),
  )

test('a mint is described from the chain', async () => {
  const short = `${bed.spl.address.slice(0, 4)}…${bed.spl.address.slice(-4)}`
  expect(await bed.chain.token(bed.spl.address)).toEqual({
    address: bed.spl.address,
    asset: tokenAsset(localSolana, bed.spl.address),
    symbol: short,
    name: short,
    decimals: 6,
    program: tokenProgram,
  })
  expect(await bed.chain.token(bed.token2022.address)).toMatchObject({ decimals: 9, program: token2022Program })
})

test('what is not a mint is no token', async () => {
  const wallet = await bed.funded()
  await expect(bed.chain.token(wallet.address)).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' })
  await expect(bed.chain.token(newWallet().address)).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' })
})

test('of a token with a transfer fee the amount leaves, and the fee is withheld from the recipient', async () => {
  const token = await bed.chain.token(bed.fixtures.token2022FeeMint)
  const [sender, to] = [await bed.funded(), newWallet().address]
  await bed.fixtures.mintTo(token.address, sender.address, 1_000n)
  const intent = { kind: 'token-transfer', to, amount: toBase(500n), token } as const
  const { attempt, signed, draft } = await bed.signed(sender, intent)
  expect(await bed.chain.precheck(sender.address, [draft], [])).toEqual([null])
  await bed.chain.broadcast([signed.bytes])
  bed.node.advance(1)
  const [seen] = await bed.chain.observe([attempt])
  expect(seen).toMatchObject({ state: 'included', succeeded: true })
  const left = async (owner: string) => (await bed.chain.tokenBalances(owner, [token]))[0]?.amount
  expect([await left(sender.address), await left(to)]).toEqual([500n, 495n])
  const paid = 2_000_000_000n - (await bed.chain.balance(sender.address))
  expect(paid).toBeLessThanOrEqual(draft.maxFee)
  expect(draft.maxFee - paid).toBeLessThan(100_000n)
})

test('a Token-2022 mint whose decimals are not those of the registry is refused', async () => {
  const sender = await bed.funded()
  const token = { ...bed.token2022, decimals: 2 }
  bed.pass(60_000)
  await expect(
    bed.chain.draft(sender.address, { kind: 'token-transfer', to: newWallet().address, amount: toBase(1n), token }),
  ).rejects.toThrow('expected 9 decimals')
})

test.each([
  [9, 'non-transferable'],
  [10, 'interest bearing'],
  [14, 'transfer hook'],
  [24, 'confidential mint and burn'],
  [25, 'scaled UI amount'],
  [28, 'permissioned burn'],
  [99, 'extension 99'],
])('extension %i is refused as %s', (type, name) => {
  expect(() => requireSupportedMint(mint, mintWith(metadata('a', 'b'), entry(type, Buffer.alloc(8, 1))))).toThrow(name)
})

test('what lets others do without the wallet does no harm, nor do metadata, groups and pointers, and a malformed tail is refused', () => {
  const harmless = [1, 3, 4, 6, 12, 16, 18, 20, 21, 22, 23, 26].map((type) => entry(type, Buffer.alloc(64)))
  expect(() => requireSupportedMint(mint, mintWith(...harmless))).not.toThrow()
  expect(() => requireSupportedMint(mint, mintWith(entry(18, Buffer.alloc(64)).subarray(0, 40)))).toThrow('extension')
})

test('a name of its own is shown without what could mislead', () => {
  const named = readMint(localSolana, mint, mintWith(metadata('Dollar\u202e\u0000 Coin', 'USD\n')))
  expect(named).toMatchObject({ name: 'Dollar Coin', symbol: 'USD', decimals: 4 })
  const long = readMint(localSolana, mint, mintWith(metadata('x'.repeat(5_000), '')))
  expect(long.name).toHaveLength(64)
  expect(long.symbol).toBe(`${mint.slice(0, 4)}…${mint.slice(-4)}`)
})
