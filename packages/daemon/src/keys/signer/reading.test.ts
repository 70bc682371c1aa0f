import { base58 } from '@scure/base'
import { hexToBytes, serializeTransaction } from 'viem'
import { describe, expect, test } from 'vitest'
import { erc20Transfer, evmPayment, RECIPIENT, solanaMessage, solanaPayment } from '../../../test/signing.ts'
import { admitted } from './admit.ts'
import type { Charge } from './count.ts'
import { readEvmTransaction } from './evm-transaction.ts'
import { limitsOf } from './limits.ts'
import { contentOf, paymentOf } from './payment.ts'
import type { Reading } from './reading.ts'
import { readSolanaTransaction } from './solana-transaction.ts'

const USDC = '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48'
const bare = (address: string) => address.slice(2).toLowerCase()

describe('the signer reads an EVM transaction by itself', () => {
  const read = (payment: Parameters<typeof evmPayment>[0]) => readEvmTransaction(evmPayment(payment).payload)

  test('a payment: network, nonce, amount, recipient and worst fee', () => {
    expect(read({ chainId: 1, nonce: 7, value: 5n, gas: 21_000n, price: 10n })).toEqual({
      chain: 'eip155:1',
      nonce: 7,
      moves: [{ asset: 'native', amount: 5n, to: bare(RECIPIENT) }],
      fee: 210_000n,
      calls: null,
    } satisfies Reading)
  })

  test('a payment with a memo, and an empty transaction of the lane', () => {
    const memo = `0x${Buffer.from('für Köln').toString('hex')}` as const
    expect(read({ value: 5n, data: memo })).toMatchObject({ moves: [{ amount: 5n }], calls: { isText: true } })
    expect(read({ value: 0n })).toMatchObject({ moves: [], calls: null })
  })

  test('a token transfer', () => {
    const amount = 2n ** 256n - 1n
    expect(read({ value: 0n, to: USDC, data: erc20Transfer(RECIPIENT, amount) })).toMatchObject({
      moves: [{ asset: bare(USDC), amount, to: bare(RECIPIENT) }],
      calls: null,
    })
  })

  test('one with an access list as the same without it, and its fee by its own price', () => {
    const to = RECIPIENT as `0x${string}`
    const accessList = [{ address: to, storageKeys: [`0x${'ab'.repeat(32)}`] }] as const
    const common = { chainId: 1, nonce: 7, to, value: 5n, gas: 30_000n }
    const expected = {
      ...{ chain: 'eip155:1', nonce: 7, calls: null, fee: 300_000n },
      moves: [{ asset: 'native', amount: 5n, to: bare(RECIPIENT) }],
    }
    const fees = { maxFeePerGas: 10n, maxPriorityFeePerGas: 1n }
    for (const list of [[], accessList])
      for (const price of [{ type: 'eip2930', gasPrice: 10n } as const, { type: 'eip1559', ...fees } as const]) {
        const bytes = hexToBytes(serializeTransaction({ ...common, ...price, accessList: list }))
        expect(readEvmTransaction(bytes)).toEqual(expected)
      }
  })

  const transfer = erc20Transfer(RECIPIENT, 1n)
  test.each(['095ea7b3', '39509351'])('an allowance, by %s', (selector) => {
    expect(read({ value: 0n, to: USDC, data: transfer.replace('a9059cbb', selector) as `0x${string}` })).toMatchObject({
      moves: [{ asset: bare(USDC), amount: 1n, to: bare(RECIPIENT), isGrant: true }],
      calls: null,
    })
  })

  test.each([
    ['a token transfer with value', { value: 1n, data: transfer }],
    ['a token transfer with bytes behind', { value: 0n, data: `${transfer}00` as const }],
    ['a cut token transfer', { value: 0n, data: transfer.slice(0, -2) as `0x${string}` }],
    ['a token transfer to an address with dirt above', { value: 0n, data: transfer.replace('b0', 'b1') as never }],
    ['an approval with value', { value: 1n, data: transfer.replace('a9059cbb', '095ea7b3') as never }],
    ['text with a zero byte', { value: 0n, data: '0x61620063' as const }],
  ])('%s is a call that it cannot read', (_name, payment) => {
    expect(read({ to: USDC, ...payment }).calls).toEqual({ to: bare(USDC), isText: false, data: expect.any(Buffer) })
  })
})

describe('the signer reads a Solana message by itself', () => {
  const key = (fill: number) => Buffer.alloc(32, fill)
  const hex = (fill: number) => key(fill).toString('hex')
  const [sender, recipient, mint, source, target] = [1, 2, 3, 4, 5]
  const TOKEN = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'
  const ASSOCIATED = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL'
  const BUDGET = 'ComputeBudget111111111111111111111111111111'
  const MEMO = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr'
  const SYSTEM = '11111111111111111111111111111111'
  const keys = [key(sender), key(recipient), key(mint), key(source), key(target), SYSTEM, TOKEN]
  const read = (...instructions: Parameters<typeof solanaMessage>[1]) =>
    readSolanaTransaction(solanaMessage(keys, instructions), key(sender))

  const u32 = (kind: number, value: number) => Buffer.from([kind, ...new Uint8Array(Uint32Array.of(value).buffer)])
  const u64 = (kind: number, value: bigint) => Buffer.from([kind, ...new Uint8Array(BigUint64Array.of(value).buffer)])
  const transfer = { program: TOKEN, accounts: [3, 2, 4, 0], data: Buffer.concat([u64(12, 9n), Buffer.of(6)]) }
  const creation = { program: ASSOCIATED, accounts: [0, 4, 1, 2, 5, 6], data: Buffer.of(1) }

  test('a payment of lamports', () => {
    const { payload } = solanaPayment(base58.encode(key(sender)), 7n, key(recipient))
    expect(readSolanaTransaction(payload, key(sender))).toEqual({
      chain: 'solana',
      nonce: null,
      moves: [{ asset: 'native', amount: 7n, to: hex(recipient) }],
      fee: 5_000n,
      calls: null,
    } satisfies Reading)
  })

  test('a token transfer that makes the account of its recipient: rent, owner, memo and the worst fee', () => {
    const memo = { program: MEMO, accounts: [0], data: Buffer.from('thanks') }
    const limit = { program: BUDGET, accounts: [], data: u32(2, 100_001) }
    const price = { program: BUDGET, accounts: [], data: u64(3, 10n) }
    expect(read(limit, price, creation, transfer, memo)).toMatchObject({
      moves: [
        { asset: 'native', amount: 2_039_280n, to: hex(recipient) },
        { asset: hex(mint), amount: 9n, to: hex(recipient) },
      ],
      fee: 5_002n,
      memos: [Buffer.from('thanks').toString('hex')],
    })
  })

  test('a message that closes an account of the wallet, whose rent comes back, moves nothing; to others it is unread', () => {
    const close = (to: number, owner = 0) => ({ program: TOKEN, accounts: [3, to, owner], data: Buffer.of(9) })
    expect(read(close(0))).toMatchObject({ moves: [], calls: null, fee: 5_000n })
    for (const other of [close(1), close(0, 1)]) expect(read(close(0), other).calls).not.toBeNull()
  })

  test('without a limit of its own the price counts for all units that a transaction can have', () => {
    expect(read({ program: BUDGET, accounts: [], data: u64(3, 1_000_000n) }).fee).toBe(1_405_000n)
  })

  const u32le = (value: number) => Buffer.from(new Uint8Array(Uint32Array.of(value).buffer))
  const u64le = (value: bigint) => Buffer.from(new Uint8Array(BigUint64Array.of(value).buffer))
  const seed = [u64le(4n), Buffer.from('seed')]

  test.each([
    ['an allowance', { ...transfer, data: Buffer.concat([u64(13, 9n), Buffer.of(6)]) }, mint, 9n, target, true],
    ['a burn', { ...transfer, accounts: [3, 2, 0], data: Buffer.concat([u64(15, 9n), Buffer.of(6)]) }, mint, 9n, mint],
    [
      'a transfer that names the fee',
      { ...transfer, data: Buffer.concat([Buffer.of(26), u64(1, 9n), Buffer.of(6), u64le(1n)]) },
      ...([mint, 9n, target] as const),
    ],
    [
      'a transfer from a derived account',
      {
        program: SYSTEM,
        accounts: [3, 0, 1],
        data: Buffer.concat([u32le(11), u64le(9n), ...seed, Buffer.alloc(32)]),
      },
      ...(['native', 9n, recipient] as const),
    ],
    [
      'the funding of a derived account',
      {
        program: SYSTEM,
        accounts: [0, 3],
        data: Buffer.concat([u32le(3), key(sender), ...seed, u64le(9n), u64le(200n), key(77)]),
      },
      ...(['native', 9n, source] as const),
    ],
  ])('%s', (_name, instruction, asset, amount, to, isGrant?: boolean) => {
    const move = { asset: asset === 'native' ? asset : hex(asset as number), amount, to: hex(to) }
    expect(read(instruction)).toMatchObject({ moves: [{ ...move, ...(isGrant && { isGrant }) }], calls: null })
  })

  test.each([
    ['an unchecked transfer, which names no mint', { ...transfer, data: u64(3, 9n) }],
    ['a transfer under the authority of another', { ...transfer, accounts: [3, 2, 4, 1] }],
    ['a transfer with accounts for a hook', { ...transfer, accounts: [3, 2, 4, 0, 1] }],
    ['an allowance that names no mint', { ...transfer, accounts: [3, 4, 0], data: u64(4, 9n) }],
    ['a change of authority', { program: TOKEN, accounts: [3, 0], data: Buffer.concat([Buffer.of(6, 2, 1), key(9)]) }],
    ['closing an account', { program: TOKEN, accounts: [3, 1, 0], data: Buffer.of(9) }],
    ['instructions within an instruction', { program: TOKEN, accounts: [3, 4, 0], data: Buffer.of(255, 3, 1, 3) }],
    ['an account that another pays', { ...creation, accounts: [1, 4, 1, 2, 5, 6] }],
    ['an account of an unknown token program', { ...creation, accounts: [0, 4, 1, 2, 5, 1] }],
    ['a recovery of a nested account', { ...creation, data: Buffer.of(2) }],
    ['a memo in the name of another', { program: MEMO, accounts: [1], data: Buffer.from('x') }],
    ['an unknown program', { program: key(77), accounts: [0], data: Buffer.of(1) }],
    [
      'a transfer from what another account derives',
      { program: SYSTEM, accounts: [3, 1, 0], data: Buffer.concat([u32le(11), u64le(9n), ...seed, Buffer.alloc(32)]) },
    ],
  ])('%s is a call that it cannot read', (_name, instruction) => {
    const to = Buffer.from(
      typeof instruction.program === 'string' ? base58.decode(instruction.program) : instruction.program,
    ).toString('hex')
    expect(read(instruction)).toMatchObject({ moves: [], calls: { to, others: [], isText: false } })
    expect(read(transfer, instruction).moves).toHaveLength(1)
  })

  test('of several that it cannot read each program is told, and data that names the order and all accounts', () => {
    const one = { program: key(77), accounts: [0], data: Buffer.of(1) }
    const other = { program: key(78), accounts: [1], data: Buffer.of(1) }
    const calls = read(one, other).calls!
    expect(calls).toMatchObject({ to: hex(77), others: [hex(78)] })
    for (const changed of [read(other, one), read(one, { ...other, accounts: [2] }), read(one, other, transfer)])
      expect(changed.calls!.data).not.toEqual(calls.data)
  })

  test('the operator approves each of them: none may be left out, changed or put in another place', () => {
    const instruction = (fill: number) => ({ program: key(fill), accounts: [0], data: Buffer.of(1) })
    const sender = base58.encode(key(1))
    const payment = paymentOf(read(instruction(77), instruction(78), instruction(77), instruction(79)), sender)
    const [second, third] = [78, 79].map((fill) => base58.encode(key(fill)))
    expect(payment.call).toMatchObject({ to: base58.encode(key(77)), others: [second, third] })
    const call = payment.call!
    for (const others of [undefined, [], [second!], [third!, second!], [second!, second!]])
      expect(contentOf({ ...payment, call: { ...call, others } })).not.toBe(contentOf(payment))
    expect(paymentOf(read(instruction(77)), sender).call).not.toHaveProperty('others')
  })

  test('a ceiling has to name each program that is told something unread', () => {
    const one = { program: key(77), accounts: [0], data: Buffer.of(1) }
    const other = { program: key(78), accounts: [1], data: Buffer.of(1) }
    const wide = { transaction: '1000', day: '1000' }
    const admits = (contracts: number[], ...unread: (typeof one)[]) => {
      const names = contracts.map((fill) => base58.encode(key(fill)))
      const chain = { native: wide, fee: '10000', tokens: {}, otherTokens: true, contracts: names }
      const limits = limitsOf({ chains: { solana: chain }, recipients: [] })
      const count = { added: (charge: Charge) => charge, spent: () => 0n, requireKnown: () => undefined }
      return () => admitted({ limits, own: hex(sender) }, count, read(...unread))
    }
    const limit = 'cannot read'
    expect(admits([], one)).toThrow(limit)
    expect(admits([77], one, other)).toThrow(limit)
    expect(admits([78], one, other)).toThrow(limit)
    expect(admits([77], one)).not.toThrow('cannot read')
  })

  const own = { program: SYSTEM, accounts: [0] }
  test.each([
    ['an assignment of the own account', { ...own, data: Buffer.concat([u32le(1), key(9)]) }, /gives the account/],
    ['data in the own account', { ...own, data: Buffer.concat([u32le(8), u64le(9n)]) }, /gives the account/],
    ['a durable nonce', { ...own, accounts: [1, 2, 0], data: u32le(4) }, /durable nonce/],
    [
      'an unknown order to the compute budget program',
      { program: BUDGET, accounts: [], data: u32(1, 1) },
      /cannot read/,
    ],
  ])('%s is refused', (_name, instruction, why) => {
    expect(() => read(instruction)).toThrow(why)
  })

  test('what an account pays to itself is no move, and an allowance to itself is one', () => {
    const own = { program: SYSTEM, accounts: [0, 0], data: Buffer.concat([u32le(2), u64le(9n)]) }
    const tokens = { ...transfer, accounts: [3, 2, 3, 0] }
    const withFee = { ...tokens, data: Buffer.concat([Buffer.of(26), u64(1, 9n), Buffer.of(6), u64le(0n)]) }
    expect(read(own, tokens, withFee)).toMatchObject({ moves: [], calls: null })
    expect(read(own, transfer).moves).toHaveLength(1)
    expect(read({ ...own, accounts: [0, 1] }).moves).toMatchObject([{ amount: 9n, to: hex(recipient) }])
    const allowance = { ...tokens, data: Buffer.concat([u64(13, 9n), Buffer.of(6)]) }
    expect(read(allowance).moves).toMatchObject([{ amount: 9n, isGrant: true }])
  })

  test('a message that others sign too, of another version or that ends late is refused', () => {
    const payload = solanaMessage(keys, [transfer])
    const changed = (at: number, to: number) => Buffer.from(payload).fill(to, at, at + 1)
    const versioned = (version: number) => Buffer.concat([Buffer.of(version), payload, Buffer.of(0)])
    for (const bytes of [changed(0, 2), versioned(0x81), versioned(0x82), Buffer.concat([payload, Buffer.of(0)])])
      expect(() => readSolanaTransaction(bytes, key(sender))).toThrow()
    expect(readSolanaTransaction(versioned(0x80), key(sender)).moves).toHaveLength(1)
  })

  test('what an account from a lookup table does is a call that it cannot read, and never a payment', () => {
    const last = keys.length + 1
    const message = (...instructions: Parameters<typeof solanaMessage>[1]) =>
      Buffer.concat([
        ...[Buffer.of(0x80), solanaMessage([...keys, key(77)], instructions)],
        ...[Buffer.of(1), key(8), Buffer.of(1, 0, 0)],
      ])
    const reading = (...all: Parameters<typeof solanaMessage>[1]) => readSolanaTransaction(message(...all), key(sender))
    const called = { program: key(77), accounts: [last, 0], data: Buffer.of(1) }
    expect(reading(transfer, called)).toMatchObject({ moves: [{ amount: 9n }], calls: { to: hex(77), others: [] } })
    const pay = { program: SYSTEM, accounts: [0, last], data: Buffer.concat([u32le(2), u64le(9n)]) }
    for (const accounts of [
      [last, 2, 4, 0],
      [3, last, 4, 0],
      [3, 2, last, 0],
      [3, 2, 4, 0, last],
    ])
      expect(() => reading({ ...transfer, accounts }, called)).toThrow(/lookup table/)
    expect(() => reading(pay)).toThrow(/lookup table/)
    expect(() => reading({ ...called, accounts: [last + 1] })).toThrow(/not exactly one/)
  })
})
