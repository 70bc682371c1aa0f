import { parseUnits, toBase, UNREAD_RECIPIENT, ZERO_BASE } from '@waiaas/contract'
import * as fc from 'fast-check'
import { encodeFunctionData, getAddress, parseAbi, parseTransaction, serializeTransaction } from 'viem/utils'
import { expect, test } from 'vitest'
import { localEvm, newKey, signature, tokenAt } from '../../../test/evm-bed.ts'
import type { Draft } from '../build.ts'
import type { Chain } from '../chain.ts'
import type { Intent } from '../intent.ts'
import { checksummed } from './address.ts'
import { evmChain } from './chain.ts'
import { toGas } from './gas-units.ts'
import { decodeUnsigned, encodeUnsigned, type Transaction } from './transaction.ts'

const me = newKey()
const recipient = newKey().address
const token = newKey().address
// Nothing here asks a node.
const chain: Chain = evmChain({ network: localEvm, urls: [], allowForeignGenesis: false })
const native = 'eip155:31337/slip44:60'
const erc20 = `eip155:31337/erc20:${token.toLowerCase()}`

const hex = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`)
const amounts = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }))
const fees = fc.oneof(
  fc.record({ type: fc.constant('legacy' as const), gasPrice: fc.bigInt({ min: 0n, max: 2n ** 64n }) }),
  fc
    .record({ cap: fc.bigInt({ min: 0n, max: 2n ** 64n }), tip: fc.bigInt({ min: 0n, max: 2n ** 64n }) })
    .map(({ cap, tip }) => ({ type: 'eip1559' as const, maxFeePerGas: cap + tip, maxPriorityFeePerGas: tip })),
)
const accessLists = fc.array(fc.record({ address: hex(20), storageKeys: fc.array(hex(32), { maxLength: 3 }) }), {
  maxLength: 3,
})
const withoutList: fc.Arbitrary<Transaction> = fc.record({
  chainId: fc.constant(31337),
  nonce: fc.oneof(fc.nat({ max: 300 }), fc.nat()),
  to: hex(20),
  value: amounts,
  data: fc.oneof(fc.constant('0x'), hex(1), hex(68), hex(300)),
  gas: fc.bigInt({ min: 0n, max: 2n ** 40n }).map(toGas),
  fees,
})
/** Of type 2 one without entries is none; of type 1 it is one. */
const withList = fc
  .record({ tx: withoutList, accessList: accessLists })
  .filter(({ tx, accessList }) => tx.fees.type === 'legacy' || accessList.length > 0)
  .map(({ tx, accessList }): Transaction => ({ ...tx, accessList }))
const transactions = fc.oneof(withoutList, withList)

function viemForm(tx: Transaction) {
  const { fees: price, ...rest } = tx
  const { type: kind, ...prices } = price
  const type = kind === 'legacy' && tx.accessList ? 'eip2930' : kind
  return { ...rest, ...prices, type } as unknown as Parameters<typeof serializeTransaction>[0]
}

const decode = (sender: string, bytes: Uint8Array) => chain.decode(sender, bytes, {})

const draftOf = ({ fees: price, nonce: _nonce, ...rest }: Transaction): Draft => ({
  body: JSON.stringify({ ...rest, ...price }, (_key, value) => (typeof value === 'bigint' ? value.toString() : value)),
  maxFee: ZERO_BASE,
})

const unsigned = (tx: Partial<Transaction>) =>
  encodeUnsigned({
    chainId: 31337,
    nonce: 0,
    to: recipient,
    value: 0n,
    data: '0x',
    gas: toGas(21_000n),
    fees: { type: 'eip1559', maxFeePerGas: 2n, maxPriorityFeePerGas: 1n },
    ...tx,
  })
/** With one entry of an access list as it stands in the bytes, in place of none. */
function listed(entry: string): Buffer {
  const bytes = Buffer.from(entry, 'hex')
  const content = Buffer.concat([unsigned({}).subarray(2, -1), Buffer.of(0xc0 + bytes.length), bytes])
  return Buffer.concat([
    Buffer.of(2),
    content.length < 56 ? Buffer.of(0xc0 + content.length) : Buffer.of(0xf8, content.length),
    content,
  ])
}
const effectsOf = (tx: Partial<Transaction>) => decode(me.address, unsigned(tx)).effects.effects

test('unsigned bytes are those that viem makes', async () => {
  await fc.assert(
    fc.property(transactions, (tx) => {
      expect(Buffer.from(chain.bytes(me.address, draftOf(tx), { nonce: tx.nonce })).toString('hex')).toBe(
        serializeTransaction(viemForm(tx)).slice(2),
      )
    }),
  )
})

test('signed bytes and hash are those that viem makes, for any key and amount', async () => {
  await fc.assert(
    fc.asyncProperty(transactions, async (tx) => {
      const key = newKey()
      const bytes = unsigned(tx)
      const signed = chain.addSignature(key.address, bytes, await signature(key, bytes))
      const parsed = parseTransaction(`0x${Buffer.from(signed.bytes).toString('hex')}`)
      expect(parsed).toMatchObject({ chainId: 31337, ...(tx.value > 0n && { value: tx.value }) })
      expect(
        serializeTransaction({ ...parsed, r: undefined, s: undefined, v: undefined, yParity: undefined } as never),
      ).toBe(`0x${bytes.toString('hex')}`)
    }),
    { numRuns: 40 },
  )
})

test('r and s are written without leading zeros', async () => {
  for (const at of [0, 32]) {
    // One signature in 256 has such a number.
    for (let nonce = 0; ; nonce++) {
      const bytes = unsigned({ nonce })
      const raw = Buffer.from(await signature(me, bytes))
      if (raw[at] !== 0) continue
      const signed = chain.addSignature(me.address, bytes, raw)
      const { r, s, yParity, ...rest } = parseTransaction(`0x${Buffer.from(signed.bytes).toString('hex')}`)
      expect([r, s].map((number) => BigInt(number!))).toEqual(
        [raw.subarray(0, 32), raw.subarray(32, 64)].map((number) => BigInt(`0x${number.toString('hex')}`)),
      )
      expect(serializeTransaction(rest as never, { r: r!, s: s!, yParity: yParity! })).toBe(
        `0x${Buffer.from(signed.bytes).toString('hex')}`,
      )
      break
    }
  }
})

test('a signature by another key, with a high s or of another length is refused', async () => {
  const bytes = unsigned({})
  const good = await signature(me, bytes)
  expect(() => chain.addSignature(newKey().address, bytes, good)).toThrow(/expected a signature by 0x/)
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = order - BigInt(`0x${Buffer.from(good.subarray(32, 64)).toString('hex')}`)
  const high = Buffer.concat([
    good.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
    Buffer.of(1 - good[64]!),
  ])
  expect(() => chain.addSignature(me.address, bytes, high)).toThrow(/low s/)
  expect(() => chain.addSignature(me.address, bytes, good.subarray(0, 64))).toThrow(/65 bytes/)
  expect(() => chain.addSignature(me.address, bytes, Buffer.concat([good.subarray(0, 64), Buffer.of(27)]))).toThrow(
    /parity/,
  )
})

test('what is decoded from the bytes of a transfer is what was asked for', async () => {
  const memos = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
    .filter((text) => !/[\p{C}]/u.test(text) && text.length <= 256)
  await fc.assert(
    fc.property(hex(20), amounts, fc.option(memos, { nil: undefined }), fees, (to, value, memo, price) => {
      const data = memo === undefined ? '0x' : `0x${Buffer.from(memo).toString('hex')}`
      const bytes = unsigned({ to, value, data, fees: price })
      // Nothing in the bytes says that nobody's code reads the text.
      if (memo !== undefined)
        expect(decode(me.address, bytes).effects.effects).toMatchObject([{ kind: 'call' }, { kind: 'unknown' }])
      const { effects } = chain.decode(me.address, bytes, { hasNoCode: true })
      expect(effects.effects).toEqual([
        { kind: 'outflow', asset: native, amount: value.toString(), to: getAddress(to) },
        ...(memo === undefined ? [] : [{ kind: 'memo', text: memo }]),
      ])
    }),
  )
})

const abi = parseAbi([
  'function transfer(address to, uint256 amount)',
  'function transferFrom(address from, address to, uint256 amount)',
  'function approve(address spender, uint256 amount)',
  'function increaseAllowance(address spender, uint256 amount)',
])
const calldata = (functionName: (typeof abi)[number]['name'], args: unknown[]) =>
  encodeFunctionData({ abi, functionName, args: args as never })

test('token calls are read into who gets how much', async () => {
  await fc.assert(
    fc.property(hex(20), amounts, (other, amount) => {
      const party = getAddress(other)
      const text = amount.toString()
      const out = { kind: 'outflow', asset: erc20, amount: text, to: party }
      const read = (name: (typeof abi)[number]['name'], ...args: unknown[]) =>
        effectsOf({ to: token.toLowerCase(), data: calldata(name, args) })
      expect(read('transfer', other, amount)).toEqual([out])
      expect(read('transferFrom', me.address, other, amount)).toEqual([
        out,
        { kind: 'call', contract: token, selector: '0x23b872dd', value: '0' },
      ])
      const approval = {
        kind: 'approval',
        asset: erc20,
        amount: text,
        spender: party,
        unlimited: amount === 2n ** 256n - 1n,
      }
      expect(read('approve', other, amount)).toEqual([approval])
      expect(read('increaseAllowance', other, amount)).toEqual([approval])
    }),
  )
})

test('an allowance of all ones is unlimited', () => {
  const data = calldata('approve', [recipient, 2n ** 256n - 1n])
  expect(effectsOf({ to: token, data })).toMatchObject([{ kind: 'approval', unlimited: true }])
})

test('native value beside a token call is counted too', () => {
  const data = calldata('transfer', [recipient, 5n])
  expect(effectsOf({ to: token, data, value: 7n })).toMatchObject([
    { kind: 'outflow', asset: native, amount: '7', to: token },
    { kind: 'outflow', asset: erc20, amount: '5', to: recipient },
  ])
})

test.each([
  ['upper bytes of the address that are not zero', `0xa9059cbb01${'0'.repeat(62)}${'0'.repeat(64)}`],
  ['a byte too many', `0xa9059cbb${'0'.repeat(128)}00`],
  ['a byte too few', `0xa9059cbb${'0'.repeat(126)}`],
])('a payment with %s is for nobody knows whom', (_what, data) => {
  expect(effectsOf({ to: token, data, value: 3n })).toMatchObject([
    { kind: 'call', contract: token, value: '3' },
    { kind: 'unknown' },
    { kind: 'outflow', amount: '0', to: UNREAD_RECIPIENT },
  ])
})

test('money of another account is an unknown effect, and whoever gets it is a recipient', () => {
  const data = calldata('transferFrom', [recipient, token, 1n])
  expect(effectsOf({ to: token, data, value: 3n })).toMatchObject([
    { kind: 'call', contract: token, value: '3' },
    { kind: 'unknown' },
    { kind: 'outflow', amount: '0', to: token },
  ])
})

test.each([
  ['an unknown function', '0xdeadbeef'],
  ['fewer bytes than a function has', '0xff'],
  ['text with a control character', `0x${Buffer.from('pay\u0007').toString('hex')}`],
  ['text with a direction mark', `0x${Buffer.from('pay \u202e1').toString('hex')}`],
  ['text that is too long', `0x${'61'.repeat(257)}`],
])('%s is an unknown effect', (_what, data) => {
  expect(effectsOf({ to: token, data, value: 3n })).toMatchObject([
    { kind: 'call', contract: token, value: '3' },
    { kind: 'unknown' },
  ])
})

test('nothing sent to oneself is no effect, something is an outflow', () => {
  expect(effectsOf({ to: me.address.toLowerCase() })).toEqual([])
  expect(effectsOf({ to: me.address.toLowerCase(), value: 1n })).toMatchObject([{ kind: 'outflow', to: me.address }])
  expect(effectsOf({})).toMatchObject([{ kind: 'outflow', amount: '0', to: recipient }])
})

test('the digest changes with every field but nonce, gas and fees', () => {
  const digest = (tx: Partial<Transaction>) => decode(me.address, unsigned(tx)).digest
  const plain = digest({})
  expect(plain).toMatch(/^[0-9a-f]{64}$/)
  expect(digest({ nonce: 9, gas: toGas(1n), fees: { type: 'legacy', gasPrice: 1n } })).toBe(plain)
  const accessList = [{ address: token.toLowerCase(), storageKeys: [] }]
  const others = [{ value: 1n }, { to: token }, { data: '0x61' }, { accessList }]
  expect(new Set([plain, ...others.map(digest)]).size).toBe(5)
  expect(decode(recipient, unsigned({})).digest).not.toBe(plain)
})

test('the highest fee is gas limit times fee cap', () => {
  const { fee } = decode(me.address, unsigned({ gas: toGas(50_000n) })).effects
  expect(fee).toEqual({ asset: native, max: '100000' })
})

test.each<[string, Uint8Array, RegExp]>([
  ['another chain', unsigned({ chainId: 1 }), /chain 31337, got one for chain 1/],
  ['a set-code transaction', Buffer.concat([Buffer.of(4), unsigned({}).subarray(1)]), /EIP-7702/],
  ['a blob transaction', Buffer.concat([Buffer.of(3), unsigned({}).subarray(1)]), /blob/],
  ['a type with the fields of another', Buffer.concat([Buffer.of(1), unsigned({}).subarray(1)]), /8 fields/],
  ...['00', 'c100', 'c1c0', `d694${'35'.repeat(20)}80`, `d794${'35'.repeat(20)}c1c0`, `d795${'35'.repeat(21)}c0`].map(
    (list) => [`the access list ${list}`, listed(list), /access list|byte string/] as [string, Uint8Array, RegExp],
  ),
  ['trailing bytes', Buffer.concat([unsigned({}), Buffer.of(0)]), /nothing after it/],
  ['no bytes', Buffer.alloc(0), /unknown transaction type/],
  ['contract creation', unsigned({ to: '0x' }), /code of a contract/],
  ['a short recipient', unsigned({ to: '0x1234' }), /20 bytes/],
  ['no chain id', Buffer.from('c6808080808080', 'hex'), /every chain/],
])('bytes of %s are refused', (_what, bytes, why) => {
  expect(() => decode(me.address, bytes)).toThrow(why)
})

test('any bytes are read or refused, and what is read encodes to the same bytes', async () => {
  const mutated = fc.tuple(transactions, fc.nat(), fc.nat({ max: 255 })).map(([tx, at, byte]) => {
    const bytes = Buffer.from(encodeUnsigned(tx))
    bytes[at % bytes.length] = byte
    return bytes
  })
  await fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      let tx: Transaction
      try {
        tx = decodeUnsigned(bytes)
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_TRANSACTION' })
        return
      }
      expect(encodeUnsigned(tx).equals(bytes)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('addresses come out with their checksum, and only wrong checksums are refused', () => {
  const good = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
  expect(chain.address(good)).toBe(good)
  expect(chain.address(good.toLowerCase())).toBe(good)
  expect(chain.address(`0x${good.slice(2).toUpperCase()}`)).toBe(good)
  expect(() => chain.address('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed')).toThrow(/checksum/)
  for (const bad of ['', good.slice(0, 41), `${good}0`, good.slice(2), `0x${'0'.repeat(40)}`, 'vitalik.eth'])
    expect(() => chain.address(bad)).toThrow(expect.objectContaining({ code: 'INVALID_ADDRESS' }))
})

test('the checksum of any address is that of viem', async () => {
  await fc.assert(fc.property(hex(20), (address) => void expect(checksummed(address)).toBe(getAddress(address))))
})

test('money to a wrong place is refused before any node is asked', async () => {
  const to = token
  const draft = (intent: Intent) => chain.draft(me.address, intent)
  const transfer = { kind: 'token-transfer', to, amount: toBase(1n), token: tokenAt(token) } as const
  await expect(draft(transfer)).rejects.toThrow(/own contract/)
  await expect(draft({ ...transfer, to: recipient, memo: 'x' })).rejects.toThrow(/no place for a memo/)
  await expect(draft({ kind: 'transfer', to, amount: parseUnits('1', 18), memo: 'a'.repeat(257) })).rejects.toThrow(
    /memo/,
  )
  await expect(draft({ kind: 'transfer', to, amount: toBase(1n), memo: '\u0000' })).rejects.toThrow(/printable/)
  await expect(draft({ kind: 'transfer', to: `0x${'0'.repeat(40)}`, amount: toBase(1n) })).rejects.toThrow(
    /zero address/,
  )
})
