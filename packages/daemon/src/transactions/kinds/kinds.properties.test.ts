import { isDeepStrictEqual } from 'node:util'
import { formatUnits, type SendRequest, toBase } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { madeUpChain, madeUpKey } from '../../../test/made-up-chain.ts'
import { madeUpNode } from '../../../test/made-up-node.ts'
import type { Intent, Part } from '../../chains/intent.ts'
import { decodeRequest, encodeRequest, headlineOf, memoOf, parseRequest, tokensOf, typesOf } from './all.ts'
import { amountOf, bothAmounts } from './amount.ts'

const node = madeUpNode()
const chain = madeUpChain(node)
const to = madeUpKey().address
const find = async () => node.token
const parse = (input: Partial<SendRequest>) =>
  parseRequest({ type: 'TRANSFER', to, dryRun: false, ...input } as SendRequest, {
    ...{ chain, sender: to, findToken: find },
    gas: { enabled: true, defaultSeconds: 3_600, mostSeconds: 86_400 },
  })

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const amount = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
const memo = fc.option(text, { nil: undefined }).map((one) => (one === undefined ? {} : { memo: one }))
const { address, asset } = node.token
const token = fc
  .tuple(text, text, fc.integer({ min: 0, max: 36 }))
  .map(([symbol, name, decimals]) => ({ address, asset, symbol, name, decimals }))
const single: fc.Arbitrary<Intent> = fc.oneof(
  fc.tuple(amount, memo).map(([sum, more]) => ({ kind: 'transfer' as const, to, amount: toBase(sum), ...more })),
  fc
    .tuple(amount, token, memo)
    .map(([sum, one, more]) => ({ kind: 'token-transfer' as const, to, amount: toBase(sum), token: one, ...more })),
  fc
    .tuple(amount, fc.array(token, { maxLength: 2 }), fc.stringMatching(/^0x[0-9a-f]{8}$/))
    .map(([sum, tokens, data]) => ({ kind: 'contract-call' as const, to, value: toBase(sum), data, tokens })),
  fc
    .tuple(amount, token)
    .map(([sum, one]) => ({ kind: 'approve' as const, spender: to, amount: toBase(sum), token: one })),
  fc
    .tuple(amount, fc.boolean())
    .map(([id, all]) => ({ kind: 'approve-nft' as const, spender: to, contract: to, tokenId: toBase(id), all })),
  text.map((words) => ({ kind: 'text' as const, text: words })),
  fc
    .tuple(fc.array(token, { maxLength: 2 }), fc.stringMatching(/^[0-9a-f]{8}$/))
    .map(([tokens, bytes]) => ({ kind: 'serialized' as const, bytes, tokens, owners: [to] })),
  fc.tuple(text, fc.array(token, { maxLength: 2 })).map(([words, tokens]) => ({
    kind: 'typed-data' as const,
    data: {
      domain: { name: words },
      types: { A: [{ name: 'a', type: 'string' }] },
      primaryType: 'A',
      message: { a: words },
    },
    tokens,
  })),
  fc
    .tuple(fc.array(token, { maxLength: 2 }), fc.stringMatching(/^[0-9a-f]{8}$/), fc.boolean())
    .map(([tokens, data, signer]) => ({
      kind: 'program-call' as const,
      ...{ to, tokens, owners: [to] },
      instructions: [{ program: to, accounts: [{ address: to, signer, writable: !signer }], data }],
    })),
  fc.tuple(amount, amount, fc.boolean()).map(([id, sum, isSingle]) => ({
    kind: 'nft-transfer' as const,
    ...{ to, contract: to, tokenId: toBase(id), amount: toBase(sum), isSingle },
  })),
  amount.map((sum) => ({ kind: 'contract-deploy' as const, value: toBase(sum), data: '0x6000' })),
  fc.constantFrom('cancel' as const, 'gap-fill' as const).map((purpose) => ({ kind: 'lane' as const, purpose })),
)
const part = single.filter(
  (one): one is Part => !['lane', 'contract-deploy', 'nft-transfer', 'batch'].includes(one.kind),
)
const intents: fc.Arbitrary<Intent> = fc.oneof(
  single,
  fc
    .array(
      fc.tuple(fc.constantFrom('TRANSFER', 'APPROVE'), part).map(([type, intent]) => ({ type, intent })),
      { minLength: 2, maxLength: 4 },
    )
    .map((parts) => ({ kind: 'batch' as const, parts })),
)
const requests = fc
  .tuple(fc.constantFrom('TRANSFER', 'TOKEN_TRANSFER'), text, intents)
  .map(([type, network, intent]) => ({ type, network, intent }))

test('whatever is stored is read back as it was, and stored again as the same text', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const stored = encodeRequest(request)
      expect(decodeRequest(stored)).toStrictEqual(request)
      expect(encodeRequest(decodeRequest(stored))).toBe(stored)
    }),
    { numRuns: 500 },
  )
})

test('a batch is of its own type and of that of each part', () => {
  const intent = { kind: 'transfer', to, amount: toBase(1n) } as const
  const parts = ['TRANSFER', 'APPROVE'].map((type) => ({ type, intent }))
  expect(typesOf('BATCH', { kind: 'batch', parts })).toEqual(['BATCH', 'TRANSFER', 'APPROVE'])
  expect(typesOf('TRANSFER', intent)).toEqual(['TRANSFER'])
})

test('requests that differ in anything are stored as different texts', () => {
  fc.assert(
    fc.property(requests, requests, (one, other) => {
      expect(encodeRequest(one) === encodeRequest(other)).toBe(isDeepStrictEqual(one, other))
    }),
    { numRuns: 500 },
  )
})

test('the headline of a request is about the asset and the amount that leave', () => {
  const place = { network: node.network, sender: madeUpKey().address }
  fc.assert(
    fc.property(intents, (intent) => {
      const headline = headlineOf(intent, place)
      if (intent.kind === 'lane') {
        expect(headline).toMatchObject({ to: place.sender, amount: 0n, asset: node.native })
        expect([tokensOf(intent), memoOf(intent)]).toEqual([[], null])
        return
      }
      if (intent.kind === 'approve' || intent.kind === 'approve-nft') {
        expect([headline.to, memoOf(intent)]).toEqual([to, null])
        expect(tokensOf(intent)).toEqual(intent.kind === 'approve' ? [intent.token] : [])
        return
      }
      if (intent.kind === 'text' || intent.kind === 'typed-data') {
        expect(headline).toMatchObject({ to: null, amount: 0n, asset: node.native })
        return
      }
      if (intent.kind === 'serialized') {
        expect(headline).toMatchObject({ to: null, amount: 0n, asset: node.native })
        expect([tokensOf(intent), memoOf(intent)]).toEqual([intent.tokens, null])
        return
      }
      if (intent.kind === 'contract-deploy') {
        expect(headline).toMatchObject({ to: null, amount: intent.value, asset: node.native })
        return
      }
      if (intent.kind === 'contract-call') {
        expect(headline).toMatchObject({ to, amount: intent.value, asset: node.native })
        expect([tokensOf(intent), memoOf(intent)]).toEqual([intent.tokens, null])
        return
      }
      if (intent.kind === 'program-call') {
        expect(headline).toMatchObject({ to, amount: 0n, asset: node.native })
        expect([tokensOf(intent), memoOf(intent)]).toEqual([intent.tokens, null])
        return
      }
      if (intent.kind === 'nft-transfer') {
        expect(headline).toMatchObject({ to, amount: intent.amount, decimals: 0 })
        return
      }
      if (intent.kind === 'batch') {
        const each = intent.parts.map((one) => headlineOf(one.intent, place))
        const isOne = each.every(({ asset }) => asset === each[0]!.asset)
        const money = isOne ? each[0]!.asset : node.native
        const sum = each.reduce((all, one) => (one.asset === money ? all + one.amount : all), 0n)
        expect(headline).toMatchObject({ asset: money, amount: sum })
        return
      }
      const named = intent.kind === 'token-transfer' ? [intent.token] : []
      expect(tokensOf(intent)).toEqual(named)
      const money = named[0] ?? { asset: node.native, ...node.network.native }
      const { decimals, symbol } = money
      expect(headline).toMatchObject({ to, amount: intent.amount, asset: money.asset, decimals, symbol })
      expect(memoOf(intent)).toBe(intent.memo ?? null)
    }),
  )
})

test('an amount means the same in base units and as people write it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2n ** 256n - 1n }), fc.integer({ min: 0, max: 36 }), (units, decimals) => {
      const money = { decimals, symbol: 'X' }
      const written = formatUnits(units, decimals)
      expect(amountOf({ amount: String(units) }, money)).toBe(units)
      expect(amountOf({ humanAmount: written }, money)).toBe(units)
      // Zeros before it are taken as people write them.
      expect(amountOf({ humanAmount: `00${written}` }, money)).toBe(units)
      expect(bothAmounts(units, decimals)).toEqual({ amount: String(units), humanAmount: written })
      // A fraction says that display units are meant.
      if (/\.\d*[1-9]/.test(written)) expect(amountOf({ amount: written }, money)).toBe(units)
    }),
    { numRuns: 300 },
  )
})

test('an amount that is nothing, unclear or too fine is refused with what was wrong', async () => {
  const refused = (input: Partial<SendRequest>, message: RegExp) =>
    expect(parse(input)).rejects.toMatchObject({
      code: 'INVALID_TRANSACTION',
      message: expect.stringMatching(message),
    })
  for (const zero of [{ amount: '0' }, { amount: '000' }, { humanAmount: '0' }, { humanAmount: '0.000' }])
    await refused(zero, /above zero/)
  for (const unclear of ['1.0', '12.000'])
    await refused({ amount: unclear }, /can mean .* MUP or .* base units: send humanAmount/)
  for (const tooFine of [{ humanAmount: '0.0000001' }, { amount: '1.0000001' }]) await refused(tooFine, /decimal/)
  for (const noNumber of ['1e3', '0x10', '-1', '1,5', ' 1', '.']) await refused({ humanAmount: noNumber }, /./)
})

test('what a caller says of a token is checked and never believed', async () => {
  const ask = (said: object) =>
    parse({ type: 'TOKEN_TRANSFER', humanAmount: '1.5', token: { address: node.token.address, ...said } })
  const refused = { code: 'INVALID_TRANSACTION' }
  await expect(ask({ decimals: 3 })).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining('decimals 2'),
  })
  await expect(ask({ symbol: 'MUP' })).rejects.toMatchObject({ ...refused, message: expect.stringContaining('MADE') })
  const { stored } = await ask({ decimals: 2, symbol: 'made' })
  expect(stored.intent).toEqual({ kind: 'token-transfer', to, amount: toBase(150n), token: node.token })
  // What was said and agreed changes nothing of what is stored.
  expect((await ask({})).hash).toBe((await ask({ decimals: 2, symbol: 'MADE' })).hash)
})

test('an address that the chain does not know is refused before anything is built', async () => {
  for (const type of ['TRANSFER', 'TOKEN_TRANSFER'] as const)
    await expect(
      parse({ type, to: '0x00', amount: '1', token: { address: node.token.address } }),
    ).rejects.toMatchObject({
      code: 'INVALID_ADDRESS',
    })
})
