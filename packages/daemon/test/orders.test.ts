import { Failure, factsOf, type TypedDataInput } from '@waiaas/contract'
import { startEvm } from '@waiaas/localnet'
import fc from 'fast-check'
import { encodeAbiParameters, encodeFunctionData, encodePacked, hashStruct, hashTypedData, parseAbi } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import { evmChain } from '../src/chains/evm/chain.ts'
import { readTyped } from '../src/chains/evm/messages/typed.ts'
import { readTypedData } from '../src/chains/evm/messages/typed-data.ts'
import { KeyError } from '../src/keys/key-error.ts'
import { readEvmTypedData } from '../src/keys/signer/evm-typed-data.ts'
import { changing, localEvm, startEndpoint } from './evm-bed.ts'

const OWNER = '0x00000000000000000000000000000000000000a1'
const OTHER = '0x00000000000000000000000000000000000000b2'
const TOKEN = '0x00000000000000000000000000000000000000c3'
const NOBODY = `0x${'0'.repeat(40)}`
const SEAPORT = '0x0000000000000068f116a894984e2db1123eb395'
const COW = '0x9008d19f58aabd9ed0d60971565aa8510560ab41'
const DEADLINE = 2_000_000_000n
const WORD = `0x${'11'.repeat(32)}`
const on = { network: localEvm, chainId: 31_337, sender: OWNER }
const asset = (address: string) => `eip155:31337/erc20:${address}`
const fieldsOf = (text: string) =>
  text.split(',').map((each) => {
    const [type, name] = each.split(' ')
    return { name: name!, type: type! }
  })

const ITEM = 'uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount'
const seaportTypes = {
  OrderComponents: fieldsOf(
    'address offerer,address zone,OfferItem[] offer,ConsiderationItem[] consideration,uint8 orderType,uint256 startTime,uint256 endTime,bytes32 zoneHash,uint256 salt,bytes32 conduitKey,uint256 counter',
  ),
  OfferItem: fieldsOf(ITEM),
  ConsiderationItem: fieldsOf(`${ITEM},address recipient`),
}
type Item = { itemType: number; start: bigint; end: bigint; id?: bigint }
const item = ({ itemType, start, end, id = 0n }: Item) => ({
  ...{ itemType, token: TOKEN, identifierOrCriteria: `${id}`, startAmount: `${start}`, endAmount: `${end}` },
})
const seaport = (offer: readonly Item[], recipients: readonly string[] = [OWNER], more = {}): TypedDataInput => ({
  domain: { name: 'Seaport', version: '1.6', chainId: 31_337, verifyingContract: SEAPORT },
  types: seaportTypes,
  primaryType: 'OrderComponents',
  message: {
    ...{ offerer: OWNER, zone: NOBODY, offer: offer.map(item), orderType: 0, startTime: '0', endTime: `${DEADLINE}` },
    consideration: recipients.map((recipient) => ({ ...item({ itemType: 0, start: 5n, end: 5n }), recipient })),
    ...{ zoneHash: WORD, salt: '7', conduitKey: WORD, counter: '0' },
    ...more,
  },
})
const cow = (more: Record<string, unknown> = {}): TypedDataInput => ({
  domain: { name: 'Gnosis Protocol', version: 'v2', chainId: 31_337, verifyingContract: COW },
  types: {
    Order: fieldsOf(
      'address sellToken,address buyToken,address receiver,uint256 sellAmount,uint256 buyAmount,uint32 validTo,bytes32 appData,uint256 feeAmount,string kind,bool partiallyFillable,string sellTokenBalance,string buyTokenBalance',
    ),
  },
  primaryType: 'Order',
  message: {
    ...{ sellToken: TOKEN, buyToken: OTHER, receiver: NOBODY, sellAmount: '90', buyAmount: '1', feeAmount: '7' },
    ...{ validTo: Number(DEADLINE), appData: WORD, kind: 'sell', partiallyFillable: false },
    ...{ sellTokenBalance: 'erc20', buyTokenBalance: 'erc20' },
    ...more,
  },
})

const told = (input: TypedDataInput) => readTyped(on, readTypedData(input))
const facts = (input: TypedDataInput) =>
  factsOf({ network: localEvm.id, sender: OWNER, effects: told(input).effects, fee: { asset: '', max: '0' } })
const bySigner = (input: TypedDataInput) => readEvmTypedData(Buffer.from(JSON.stringify(readTypedData(input)), 'utf8'))
const larger = (one: bigint, other: bigint) => (one > other ? one : other)
const sum = (all: readonly { readonly amount: bigint }[]) => all.reduce((total, { amount }) => total + amount, 0n)

const amounts = fc.record({
  itemType: fc.constant(1),
  start: fc.bigInt(0n, 2n ** 255n),
  end: fc.bigInt(0n, 2n ** 255n),
})

test('an order at Seaport pays all that it offers, at the most that it comes to, for daemon and signer', () => {
  fc.assert(
    fc.property(fc.array(amounts, { maxLength: 5 }), (offer) => {
      const input = seaport(offer)
      const most = offer.reduce((total, { start, end }) => total + larger(start, end), 0n)
      const { pays, deadlines, messages, unknown } = facts(input)
      expect([sum(pays), deadlines, messages, unknown]).toEqual([most, [DEADLINE], [], []])
      const { moves, calls } = bySigner(input)
      expect([sum(moves), calls]).toEqual([most, null])
    }),
  )
})

test('NFTs that it offers leave one by one, and the signer wants its contract named for them', () => {
  const input = seaport([
    { itemType: 2, start: 1n, end: 1n, id: 7n },
    { itemType: 3, start: 2n, end: 4n, id: 8n },
  ])
  expect(told(input).effects).toMatchObject([
    { kind: 'nft', tokenId: '7', amount: '1' },
    { kind: 'nft', tokenId: '8', amount: '4' },
    { kind: 'voucher' },
  ])
  expect(bySigner(input)).toMatchObject({ moves: [], calls: { to: SEAPORT.slice(2) } })
})

test.each([0, 4, 5, 6])('an item of type %i is refused: nobody can tell what leaves', (itemType) => {
  expect(() => told(seaport([{ itemType, start: 1n, end: 1n }]))).toThrow(Failure)
  expect(bySigner(seaport([{ itemType, start: 1n, end: 1n }]))).toMatchObject({ moves: [], calls: {} })
})

test('whoever gets what is bought in place of the wallet is a recipient', () => {
  const offer = [{ itemType: 1, start: 3n, end: 3n }]
  const receivers = (input: TypedDataInput) => facts(input).pays.map(({ to }) => to.toLowerCase())
  expect(receivers(seaport(offer))).toEqual([SEAPORT])
  expect(receivers(seaport(offer, [OWNER, OTHER]))).toEqual([SEAPORT, OTHER])
  expect(receivers(seaport([{ itemType: 2, start: 1n, end: 1n }], [OTHER]))).toEqual([OTHER])
  expect(receivers(cow())).toEqual([COW])
  expect(receivers(cow({ receiver: OWNER }))).toEqual([COW])
  expect(receivers(cow({ receiver: OTHER }))).toEqual([OTHER])
  expect(bySigner(cow({ receiver: OTHER })).moves).toMatchObject([{ to: OTHER.slice(2) }])
})

test('an order at the CoW protocol pays what is sold and its fee', () => {
  expect(facts(cow())).toMatchObject({ pays: [{ asset: asset(TOKEN), amount: 97n }], deadlines: [DEADLINE] })
  expect(bySigner(cow())).toMatchObject({ moves: [{ asset: TOKEN.slice(2), amount: 97n }], calls: null })
})

test('the same words for another contract, another account or with another type are no such order', () => {
  for (const input of [seaport([{ itemType: 1, start: 3n, end: 3n }]), cow()]) {
    const elsewhere = { ...input, domain: { ...input.domain, verifyingContract: TOKEN } }
    expect(facts(elsewhere)).toMatchObject({ pays: [], messages: [{ form: 'typed-data' }] })
    expect(bySigner(elsewhere)).toMatchObject({ moves: [], calls: { to: TOKEN.slice(2) } })
  }
  expect(() => told(seaport([], [OWNER], { offerer: OTHER }))).toThrow(Failure)
  const { Order } = cow().types
  const renamed = {
    ...cow(),
    types: { Order: Order!.map((one) => (one.name === 'validTo' ? { ...one, type: 'uint64' } : one)) },
  }
  expect(facts(renamed)).toMatchObject({ pays: [], messages: [{ form: 'typed-data' }] })
})

const anyItem = fc.record({
  ...{
    itemType: fc.integer({ min: 0, max: 7 }),
    start: fc.bigInt(0n, 2n ** 256n - 1n),
    end: fc.bigInt(0n, 2n ** 256n - 1n),
  },
  id: fc.bigInt(0n, 2n ** 256n - 1n),
})

test('what the signer takes for payments is what the daemon judges, and what either cannot tell is nobody’s payment', () => {
  fc.assert(
    fc.property(fc.array(anyItem, { maxLength: 4 }), fc.array(fc.constantFrom(OWNER, OTHER)), (offer, recipients) => {
      const input = seaport(offer, recipients)
      const { moves, calls } = bySigner(input)
      const isTold = offer.every(({ itemType }) => itemType >= 1 && itemType <= 3)
      if (!isTold) expect(() => told(input)).toThrow(Failure)
      else if (calls === null) expect(sum(facts(input).pays)).toBe(sum(moves))
      else
        expect([moves, facts(input).nfts.length]).toEqual([[], offer.filter(({ itemType }) => itemType !== 1).length])
    }),
  )
})

const safe = (operation: number): TypedDataInput => ({
  domain: { chainId: 31_337, verifyingContract: TOKEN },
  types: {
    SafeTx: fieldsOf(
      'address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce',
    ),
  },
  primaryType: 'SafeTx',
  message: {
    ...{ to: OTHER, value: '1', data: '0x', operation, safeTxGas: 0, baseGas: 0, gasPrice: 0 },
    ...{ gasToken: NOBODY, refundReceiver: NOBODY, nonce: 1 },
  },
})

test('a call by a Safe is one of its contract that nobody reads, and code in its place is never signed for', () => {
  expect(facts(safe(0))).toMatchObject({ messages: [{ form: 'typed-data', primaryType: 'SafeTx' }] })
  expect(bySigner(safe(0))).toMatchObject({ moves: [], calls: { to: TOKEN.slice(2) } })
  for (const operation of [1, 2, 255]) {
    expect(() => told(safe(operation))).toThrow(Failure)
    expect(() => bySigner(safe(operation))).toThrow(KeyError)
  }
})

const permission = fieldsOf(
  'address account,address spender,address token,uint160 allowance,uint48 period,uint48 start,uint48 end,uint256 salt,bytes extraData',
)
const ofEachPeriod = {
  ...{ account: OWNER, spender: OTHER, token: TOKEN, allowance: '5', period: 86_400, start: 0, end: `${DEADLINE}` },
  ...{ salt: 1, extraData: '0x' },
}
const details = fieldsOf('address spender,address token,uint160 allowance,uint256 salt,bytes extraData')
/** As accounts of Coinbase give it, alone or several at once, or within a type of somebody else's. */
const renewed: Readonly<Record<string, Pick<TypedDataInput, 'types' | 'message'>>> = {
  SpendPermission: { types: { SpendPermission: permission }, message: ofEachPeriod },
  SpendPermissionBatch: {
    types: {
      SpendPermissionBatch: fieldsOf(
        'address account,uint48 period,uint48 start,uint48 end,PermissionDetails[] permissions',
      ),
      PermissionDetails: details,
    },
    message: {
      ...{ account: OWNER, period: 86_400, start: 0, end: `${DEADLINE}` },
      permissions: [{ spender: OTHER, token: TOKEN, allowance: '5', salt: 1, extraData: '0x' }],
    },
  },
  Wrapped: {
    types: { Wrapped: fieldsOf('SpendPermission[] each'), SpendPermission: permission },
    message: { each: [ofEachPeriod] },
  },
}

test.each(Object.entries(renewed))('what is renewed in each period is never signed: %s', (primaryType, one) => {
  for (const domain of [
    { name: 'Spend Permission Manager', version: '1', chainId: 31_337, verifyingContract: TOKEN },
    { chainId: 31_337, verifyingContract: COW },
  ]) {
    const input = { domain, primaryType, ...one }
    expect(() => told(input)).toThrow(expect.objectContaining({ code: 'INVALID_TRANSACTION' }))
    expect(() => bySigner(input)).toThrow(KeyError)
  }
  // It is what it lets others do that is refused, not its form.
  const named = JSON.parse(JSON.stringify(one).replaceAll('SpendPermission', 'Other'))
  const input = { domain: { chainId: 31_337, verifyingContract: TOKEN }, primaryType, ...named }
  input.primaryType = primaryType.replace('SpendPermission', 'Other')
  expect(facts(input)).toMatchObject({ messages: [{ form: 'typed-data' }] })
  expect(bySigner(input)).toMatchObject({ moves: [], calls: { to: TOKEN.slice(2) } })
})

test.each([
  ['seaportOrder', 'getOrderStatus(bytes32)', [false, true, 0n, 0n], [false, false, 1n, 2n]],
  ['cowOrder', 'filledAmount(bytes)', [0n], [97n]],
] as const)('whether it was filled is asked of its contract by what names it: %s', async (by, named, open, filled) => {
  const node = await startEvm()
  onTestFinished(() => node.stop())
  const input = by === 'cowOrder' ? cow() : seaport([{ itemType: 1, start: 3n, end: 3n }])
  const claim = told(input).claim!
  const data = input as Parameters<typeof hashTypedData>[0]
  const id =
    by === 'cowOrder'
      ? encodePacked(['bytes32', 'address', 'uint32'], [hashTypedData(data), OWNER, Number(DEADLINE)])
      : hashStruct({ data: input.message, types: seaportTypes, primaryType: 'OrderComponents' })
  const question = encodeFunctionData({ abi: parseAbi([`function ${named}`]), args: [id] } as never)
  const types = open.map((one) => ({ type: typeof one === 'boolean' ? 'bool' : 'uint256' }))
  let words: readonly unknown[] | undefined = open
  const { url } = await startEndpoint(
    changing(node.url, ({ method, params: [call] }) => {
      const { to, data: asked } = (call ?? {}) as { to?: string; data?: string }
      const isIt = method === 'eth_call' && to === claim.contract && asked === question && words
      return isIt ? { result: encodeAbiParameters(types, isIt) } : undefined
    }),
  )
  const chain = evmChain({ network: localEvm, urls: [url], allowForeignGenesis: true, warn: () => undefined })
  onTestFinished(() => chain.close())
  expect(await chain.messages!.fate(claim)).toMatchObject({ isUsed: false })
  words = filled
  expect(await chain.messages!.fate(claim)).toMatchObject({ isUsed: true })
  // Who tells nothing tells that it counts.
  words = undefined
  expect(await chain.messages!.fate(claim)).toMatchObject({ isUsed: true })
})
