import { createHash } from 'node:crypto'
import {
  AccountRole,
  type Address,
  createNoopSigner,
  getAddressDecoder,
  getCompiledTransactionMessageDecoder,
  type Instruction,
} from '@solana/kit'
import { getCreateAccountInstruction, getTransferSolInstruction } from '@solana-program/system'
import {
  findAssociatedTokenPda,
  getApproveCheckedInstruction,
  getApproveInstruction,
  getCreateAssociatedTokenIdempotentInstruction,
  getTransferCheckedInstruction,
  getTransferInstruction,
} from '@solana-program/token'
import { NETWORKS, tokenAsset } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { associatedAccount } from './associated-account.ts'
import { bodyBytes, writeBody, writeMessage } from './body.ts'
import { decodeMessage } from './decode.ts'
import { band, exactFee, maxVariation, worstFee } from './fees.ts'
import { readMessage } from './message.ts'
import { computeBudgetProgram, memoProgram, systemProgram, token2022Program, tokenProgram } from './programs.ts'

const network = NETWORKS.find(({ id }) => id === 'solana-mainnet')!
const key = (seed: string): Address => getAddressDecoder().decode(createHash('sha256').update(seed).digest())
const [sender, other, mint] = [key('sender'), key('other'), key('mint')]
const me = createNoopSigner(sender)
const blockhash = key('blockhash')
const asset = tokenAsset(network, mint)
const mine = associatedAccount(sender, mint, tokenProgram).address
const theirs = associatedAccount(other, mint, tokenProgram).address

const bytesOf = (...instructions: Instruction[]) => writeMessage(sender, instructions, blockhash)
const decoded = (bytes: Uint8Array, owners: readonly string[] = []) =>
  decodeMessage({ network, address: sender }, bytes, { owners })
const effects = (instructions: Instruction[], owners?: readonly string[]) =>
  decoded(bytesOf(...instructions), owners).effects.effects
const pay = (amount: bigint) => getTransferSolInstruction({ source: me, destination: other, amount })
const unknown = (text: string) => ({ kind: 'unknown', description: expect.stringContaining(text) })
const call = expect.objectContaining({ kind: 'call' })

const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => getAddressDecoder().decode(bytes))
const anyAmount = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n })

test('token accounts are derived as the official client derives them', async () => {
  const owners = fc.tuple(anyKey, anyKey, fc.constantFrom(tokenProgram, token2022Program))
  await fc.assert(
    fc.asyncProperty(owners, async ([owner, tokenMint, program]) => {
      const [official, bump] = await findAssociatedTokenPda({ owner, mint: tokenMint, tokenProgram: program })
      expect(associatedAccount(owner, tokenMint, program)).toEqual({ address: official, bump })
    }),
    { numRuns: 60 },
  )
})

test('a transfer to an owner counts as theirs only when the bytes or a hint prove it', () => {
  const accounts = { source: mine, mint, destination: theirs, authority: me, amount: 7n, decimals: 6 }
  const transfer = getTransferCheckedInstruction(accounts)
  const proven = { kind: 'outflow', asset, amount: '7', to: other }
  expect(effects([transfer], ['0xnot-solana', other])).toEqual([proven])
  expect(effects([transfer])).toEqual([call, unknown('whose owner'), { ...proven, to: theirs }])
  expect(effects([transfer], [key('someone else')])).toEqual([call, unknown('whose owner'), { ...proven, to: theirs }])
  const create = getCreateAssociatedTokenIdempotentInstruction({ payer: me, ata: theirs, owner: other, mint })
  expect(effects([create, transfer])).toEqual([
    { kind: 'account-creation', owner: other, asset, rent: '2039280' },
    proven,
  ])
})

test('a creation that names another account than the derived one proves nothing', () => {
  const forged = getCreateAssociatedTokenIdempotentInstruction({ payer: me, ata: key('attacker'), owner: other, mint })
  const accounts = { source: mine, mint, destination: key('attacker'), authority: me, amount: 7n, decimals: 6 }
  expect(effects([forged, getTransferCheckedInstruction(accounts)], [other])).toEqual([
    call,
    unknown('not a plain creation'),
    call,
    unknown('whose owner'),
    { kind: 'outflow', asset, amount: '7', to: key('attacker') },
  ])
})

test('a hint for one token program does not prove an account of the other', () => {
  const accounts = { source: mine, mint, destination: theirs, authority: me, amount: 7n, decimals: 6 }
  const transfer = getTransferCheckedInstruction(accounts, { programAddress: token2022Program })
  expect(effects([transfer], [other])).toContainEqual(unknown('whose owner'))
})

test('an unchecked transfer is understood only when its mint is proven', () => {
  const transfer = getTransferInstruction({ source: mine, destination: theirs, authority: me, amount: 7n })
  expect(effects([transfer], [other])).toEqual([call, unknown('whose mint the bytes do not name')])
  const create = getCreateAssociatedTokenIdempotentInstruction({ payer: me, ata: theirs, owner: other, mint })
  expect(effects([create, transfer])).toContainEqual({ kind: 'outflow', asset, amount: '7', to: other })
})

test('approvals name their spender, and all ones is unlimited', () => {
  const approve = (amount: bigint) =>
    getApproveCheckedInstruction({ source: mine, mint, delegate: other, owner: me, amount, decimals: 6 })
  const approval = { kind: 'approval', asset, spender: other }
  expect(effects([approve(5n)])).toEqual([{ ...approval, amount: '5', unlimited: false }])
  expect(effects([approve(2n ** 64n - 1n)])).toEqual([{ ...approval, amount: `${2n ** 64n - 1n}`, unlimited: true }])
  const create = getCreateAssociatedTokenIdempotentInstruction({ payer: me, ata: theirs, owner: other, mint })
  const unchecked = getApproveInstruction({ source: mine, delegate: theirs, owner: me, amount: 5n })
  expect(effects([create, unchecked])).toContainEqual(unknown('whose mint the bytes do not name'))
})

test('whatever is not understood whole is unknown', () => {
  const raw = (programAddress: Address, data: number[], accounts: Address[] = []): Instruction => ({
    programAddress,
    data: Uint8Array.from(data),
    accounts: accounts.map((account) => ({ address: account, role: AccountRole.WRITABLE })),
  })
  const cases: [Instruction, string][] = [
    [raw(tokenProgram, [255, 1, 2]), 'instruction 255 of token program'],
    [raw(tokenProgram, []), 'instruction without data'],
    [raw(tokenProgram, [12, ...Array(9).fill(1)]), 'without its accounts'],
    [raw(systemProgram, [1, 0, 0, 0, ...Array(32).fill(1)], [other]), 'instruction 1 of the system program'],
    [raw(systemProgram, [2, 0, 0, 0, 1]), 'instruction 2 of the system program'],
    [raw(systemProgram, [2, 0, 0, 0, ...Array(8).fill(1)], [other, mine]), 'instruction 2 of the system program'],
    [raw(computeBudgetProgram, [1, 0, 0, 1, 0]), 'instruction 1 of the compute budget program'],
    [raw(memoProgram, [0xff, 0xfe]), 'not text'],
    [raw(key('some program'), [1, 2, 3]), 'an instruction of program'],
  ]
  for (const [instruction, text] of cases) {
    const told = effects([instruction])
    expect(told, text).toContainEqual(unknown(text))
    if (instruction.programAddress !== computeBudgetProgram)
      expect(told).toContainEqual(expect.objectContaining({ kind: 'call', contract: instruction.programAddress }))
  }
})

test('transfers for a hook, for several signers or by another authority are not plain', () => {
  const accounts = { source: mine, mint, destination: theirs, authority: me, amount: 7n, decimals: 6 }
  const plain = getTransferCheckedInstruction(accounts)
  const hooked: Instruction = {
    ...plain,
    accounts: [...plain.accounts, { address: key('hook'), role: AccountRole.READONLY }],
  }
  expect(effects([hooked], [other])).toContainEqual(unknown('accounts beyond its own'))
  const foreign = getTransferCheckedInstruction({ ...accounts, authority: createNoopSigner(other) })
  expect(effects([foreign], [other])).toEqual([
    unknown(`a signature of ${other} is required too`),
    call,
    unknown('under the authority of'),
    { kind: 'outflow', asset, amount: '7', to: other },
  ])
})

test('a second required signer is never passed over', () => {
  const account = {
    payer: me,
    newAccount: createNoopSigner(other),
    lamports: 1n,
    space: 0n,
    programAddress: tokenProgram,
  }
  expect(effects([getCreateAccountInstruction(account), pay(1n)])).toEqual([
    unknown(`a signature of ${other} is required too`),
    expect.objectContaining({ kind: 'outflow', amount: '1', to: other }),
    expect.objectContaining({ kind: 'outflow', amount: '1' }),
  ])
  const payedByOther = writeMessage(other, [pay(1n)], blockhash)
  expect(decoded(payedByOther).effects.effects).toContainEqual(unknown(`a signature of ${other}`))
})

test('durable nonces, lookup tables, other versions and foreign messages are refused', () => {
  const refused = { code: 'INVALID_TRANSACTION' }
  const advance: Instruction = { programAddress: systemProgram, data: Uint8Array.of(4, 0, 0, 0), accounts: [] }
  const bytes = bytesOf(pay(1n))
  expect(() => decoded(bytesOf(advance, pay(1n)))).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/nonces/) }),
  )
  const table = Buffer.concat([bytes.subarray(0, -1), Uint8Array.of(1), Buffer.alloc(32, 7), Uint8Array.of(1, 0, 0)])
  expect(() => decoded(table)).toThrow(expect.objectContaining({ message: expect.stringMatching(/lookup tables/) }))
  for (const bad of [
    Buffer.concat([bytes, Uint8Array.of(0)]),
    bytes.subarray(0, -1),
    bytes.with(0, 0x81),
    bytes.with(0, 0x85),
    new Uint8Array(),
    writeMessage(other, [], blockhash),
  ])
    expect(() => decoded(bad)).toThrow(expect.objectContaining(refused))
})

test('a legacy message has the effects of its version-0 twin', () => {
  const bytes = bytesOf(pay(9n))
  const legacy = decoded(bytes.subarray(1, -1))
  expect(legacy.effects).toEqual(decoded(bytes).effects)
  expect(legacy.digest).not.toBe(decoded(bytes).digest)
})

test('random transfers decode to what was asked, at any variation, with one digest and a fee that covers it', () => {
  const memo = fc.option(fc.string({ unit: 'grapheme', maxLength: 60 }), { nil: undefined })
  const plan = fc.record({
    to: anyKey,
    amount: anyAmount,
    memo,
    bands: fc.integer({ min: 1, max: 20 }),
    price: fc.bigInt({ min: 0n, max: 1_000_000n }),
    variations: fc.tuple(fc.nat(maxVariation), fc.nat(maxVariation)),
    hash: anyKey,
  })
  fc.assert(
    fc.property(plan, ({ to, amount, memo, bands, price, variations, hash }) => {
      const transfer = getTransferSolInstruction({ source: me, destination: to, amount })
      const note: Instruction[] = memo === undefined ? [] : [{ programAddress: memoProgram, data: Buffer.from(memo) }]
      const units = bands * band
      const body = writeBody(sender, { units, price, instructions: [transfer, ...note] })
      const [first, second] = variations.map((variation, index) =>
        decoded(bodyBytes(sender, body, { blockhash: index ? hash : blockhash, variation })),
      )
      expect(first).toEqual(second)
      expect(first!.effects.effects).toEqual([
        expect.objectContaining({ kind: 'outflow', amount: `${amount}`, to }),
        ...(memo === undefined ? [] : [{ kind: 'memo', text: memo.toWellFormed() }]),
      ])
      const charged = exactFee(1, { units: units + variations[0], price }, 1)
      expect(BigInt(first!.effects.fee.max)).toBeGreaterThanOrEqual(charged)
      expect(BigInt(first!.effects.fee.max)).toBe(worstFee(1, { units, price }, 1))
    }),
    { numRuns: 150 },
  )
})

test('no tampered byte keeps the digest, blockhash and fee apart', () => {
  const accounts = { source: mine, mint, destination: theirs, authority: me, amount: 7n, decimals: 6 }
  const create = getCreateAssociatedTokenIdempotentInstruction({ payer: me, ata: theirs, owner: other, mint })
  const instructions = [create, getTransferCheckedInstruction(accounts), pay(3n)]
  const body = writeBody(sender, { units: 3 * band, price: 0x1122334455667788n, instructions })
  const bytes = bodyBytes(sender, body, { blockhash, variation: 17 })
  const original = decoded(bytes)
  const spanOf = (content: Uint8Array, from: number, length: number) => {
    const start = Buffer.from(bytes).indexOf(content)
    expect(start).toBeGreaterThan(0)
    return { start: start + from, end: start + from + length }
  }
  const free = [
    spanOf(createHash('sha256').update('blockhash').digest(), 0, 32),
    spanOf(Uint8Array.of(2, 0x41, 0x75, 0, 0), 1, 4),
    spanOf(Uint8Array.of(3, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11), 1, 8),
  ]
  const isFree = (at: number) => free.some(({ start, end }) => at >= start && at < end)
  const tampering = fc.record({ at: fc.nat(bytes.length - 1), value: fc.nat(255) })
  fc.assert(
    fc.property(fc.array(tampering, { minLength: 1, maxLength: 4 }), (changes) => {
      const changed = bytes.slice()
      for (const { at, value } of changes) if (!isFree(at)) changed[at] = value
      fc.pre(Buffer.compare(changed, bytes) !== 0)
      expect(digestOrRefusal(changed)).not.toBe(original.digest)
    }),
    { numRuns: 1_500 },
  )
  for (const at of bytes.keys())
    if (!isFree(at)) expect(digestOrRefusal(bytes.with(at, bytes[at]! ^ 1)), `byte ${at}`).not.toBe(original.digest)
})

test('a later price keeps the digest and shows in the fee', () => {
  const at = (price: bigint, units: number) =>
    decoded(bodyBytes(sender, writeBody(sender, { units, price, instructions: [pay(3n)] }), { blockhash }))
  const [cheap, dear] = [at(1_000n, band), at(50_000n, 2 * band)]
  expect(dear.digest).toBe(cheap.digest)
  expect([cheap, dear].map(({ effects: { fee } }) => fee.max)).toEqual(['5020', '6500'])
})

function digestOrRefusal(bytes: Uint8Array): string {
  try {
    return decoded(bytes).digest
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_TRANSACTION' })
    return 'refused'
  }
}

test("the reader agrees with the official client's", () => {
  const anyInstruction = fc.record({
    // A program may not be writable.
    programAddress: fc.nat(9).map((number) => key(`program ${number}`)),
    accounts: fc.array(fc.record({ address: anyKey, role: fc.constantFrom(0, 1, 2, 3) }), { maxLength: 2 }),
    data: fc.uint8Array({ maxLength: 200 }),
  })
  const decoder = getCompiledTransactionMessageDecoder()
  fc.assert(
    fc.property(fc.array(anyInstruction, { maxLength: 5 }), (instructions) => {
      const bytes = bytesOf(...instructions)
      const official = decoder.decode(bytes)
      if (official.version === 1) throw new Error('expected version 0')
      const read = readMessage(bytes)
      expect(read.accounts.map(({ address }) => address)).toEqual(official.staticAccounts)
      expect(read.signers).toHaveLength(official.header.numSignerAccounts)
      expect(read.instructions).toHaveLength(instructions.length)
      for (const [index, { program, accounts, data }] of read.instructions.entries()) {
        expect(program).toBe(instructions[index]!.programAddress)
        expect(accounts.map(({ address }) => address)).toEqual(
          instructions[index]!.accounts.map(({ address }) => address),
        )
        expect(Buffer.compare(data, instructions[index]!.data)).toBe(0)
      }
      const named = instructions.flatMap(({ accounts }) => accounts)
      for (const { address, signer, writable } of read.accounts) {
        if (address === sender) continue
        const role = named.filter((one) => one.address === address).reduce((all, one) => all | one.role, 0)
        expect({ signer, writable }).toEqual({ signer: role >= 2, writable: role % 2 === 1 })
      }
    }),
    { numRuns: 60 },
  )
})

test('arbitrary bytes are refused, never misread into an exception of another kind', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void digestOrRefusal(bytes)),
    { numRuns: 500 },
  )
  const bytes = bytesOf(pay(1n))
  for (const end of bytes.keys()) expect(digestOrRefusal(bytes.slice(0, end))).toBe('refused')
})
