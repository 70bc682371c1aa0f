import { createHash } from 'node:crypto'
import { newId, sealImport } from '@waiaas/contract'
import { serializeTransaction, type TransactionSerializable } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addressText } from '../../packages/daemon/src/chains/solana/base58.ts'
import {
  type ApprovalProof,
  type Ceiling,
  type KeyRow,
  type KeyringRow,
  type Keys,
  type Payment,
  type Sealed,
  type SignBatch,
  type SignRequest,
  startKeys,
} from '../../packages/daemon/src/keys/service.ts'
import { createKeyring } from '../../packages/daemon/src/keys/signer/keyring.ts'
import {
  erc20Transfer,
  evmPayment,
  RECIPIENT,
  requestOf,
  signed,
  solanaMessage,
  solanaPayment,
} from '../../packages/daemon/test/signing.ts'

// Whoever runs code in the daemon's process has its end of the channel, its rows and its memory; not the password, where
// nothing within its reach holds it.
const password = 'what the operator typed at the start'
let keys: Keys
let keyring: KeyringRow
let wallet: KeyRow
beforeAll(async () => {
  keys = await startKeys({ passwordCost: { memoryKib: 19 * 1024, iterations: 2, parallelism: 1 } })
  keyring = await keys.createKeyring(password)
  wallet = await keys.create('wallet', 'ethereum')
})
afterAll(() => keys.stop())

const CONTRACT = '0x1111111111111111111111111111111111111111'
const TOKEN = '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48'
const SPL_TOKEN = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'
const RECEIVER = Buffer.alloc(32, 9)

const refused = { code: 'INVALID_MASTER_PASSWORD' }
const sha256 = (hex: string) => createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex')
const heads = (seq: number) => [{ chain: 'system', seq, hash: 'a'.repeat(64) }]

describe('a taken-over daemon, while the signer is unlocked', () => {
  test('gets no key out, sealed or in the open', async () => {
    for (const guess of ['', 'a guess', keyring.wrappedRoot, `${password} `]) {
      await expect(keys.export(wallet, guess, { format: 'private-key' })).rejects.toMatchObject(refused)
      await expect(
        keys.export(wallet, guess, { format: 'keystore-v3', password: 'my own password' }),
      ).rejects.toMatchObject(refused)
    }
  })

  test('cannot put the keys under a password of its own', async () => {
    await expect(keys.rewrap('a guess', 'my own password')).rejects.toMatchObject(refused)
    // Nor with a keyring row of its own making, whose password it knows.
    const mine = await createKeyring(Buffer.from('my own password'))
    expect(await keys.verify('my own password', mine.row)).toBe(true)
    await expect(keys.rewrap('my own password', 'my own password')).rejects.toMatchObject(refused)
    await expect(keys.export(wallet, 'my own password', { format: 'private-key' })).rejects.toMatchObject(refused)
  })

  test('gets no signature of anything but a payment that the signer can read', async () => {
    const call = (data: `0x${string}`) => evmPayment({ to: TOKEN, value: 0n, data })
    const solana = await keys.create('solana', 'solana')
    const approveAll = { program: SPL_TOKEN, accounts: [0, 1, 0], data: Buffer.from([4, ...Buffer.alloc(8, 0xff)]) }
    const attempts: [KeyRow, SignRequest][] = [
      // What a login, a permit, an order or an account of ERC-4337 would be signed with.
      ...['eip191', 'eip712', 'user-op', 'http'].map((kind): [KeyRow, SignRequest] => [
        wallet,
        requestOf(kind as never, Buffer.from('{"spender":"me"}')),
      ]),
      [wallet, call(`0x095ea7b3${'f'.repeat(128)}`)],
      [wallet, call('0xa22cb465')],
      [wallet, { ...evmPayment({ value: 10n ** 18n }), authorisation: evmPayment().authorisation }],
      [solana, requestOf('solana-offchain' as never, Buffer.from('sign in'))],
      [solana, requestOf('solana-tx', solanaMessage([solana.address, RECEIVER], [approveAll]))],
    ]
    for (const [key, request] of attempts)
      expect(await signed(keys, key, [request])).toMatchObject([{ refused: expect.any(String) }])
  })

  test('gets no secret that signs the audit log, and no second version of what is signed', async () => {
    for (const purpose of ['evidence', 'wallet-keys', 'root', ''])
      await expect(keys.subkey(purpose as never)).rejects.toMatchObject({ code: 'SIGN_REFUSED' })
    const first = await keys.signCheckpoint({ at: 1, heads: heads(5) })
    for (const forged of [
      { at: 1, heads: heads(5) },
      { at: 1, heads: heads(4), previous: first },
      { at: 1, heads: heads(6), previous: { ...first, at: 0 } },
    ])
      await expect(keys.signCheckpoint(forged)).rejects.toMatchObject({ code: 'SIGN_REFUSED' })
  })
})

describe('a taken-over daemon, under a ceiling', () => {
  const most = { transaction: '100', day: '250' }
  const real = { native: most, fee: '50', tokens: { [TOKEN]: most }, otherTokens: false, contracts: [CONTRACT] }
  const CEILING: Ceiling = {
    chains: { 'eip155:1': real, solana: { ...real, tokens: {}, contracts: [] } },
    recipients: [],
  }
  const first = { native: most, fee: '50', tokens: { [TOKEN]: most }, otherTokens: false, contracts: [] }
  const FIRST: Ceiling = { chains: { 'eip155:1': first }, recipients: [] }
  const NOTHING: Ceiling = { chains: {}, recipients: [] }
  let lane = 0
  /** Signs as the daemon would, with the fee that the gas says; what was refused, or `signed`. */
  async function outcomes(
    key: KeyRow,
    ceiling: Sealed,
    requests: readonly SignRequest[],
    more: Partial<SignBatch> = {},
  ) {
    const { results, counted } = await keys.sign({ key, ceiling, lane: `lane-${++lane}`, requests, ...more })
    return { counted, codes: results.map(({ code }) => code ?? 'signed') }
  }
  const pay = (nonce: number, value: bigint, more = {}) =>
    evmPayment({ chainId: 1, nonce, value, gas: 1n, price: 1n, ...more })
  async function bounded(chain: 'ethereum' | 'solana' = 'ethereum') {
    const key = await keys.create(newId(), chain)
    return { key, ceiling: await keys.firstCeiling({ address: key.address, next: CEILING }, password) }
  }
  const ABOVE = 'CEILING_EXCEEDED'

  test('gets no more out than the ceiling of a transaction and of a day, in whatever pieces and lanes', async () => {
    const { key, ceiling } = await bounded()
    expect((await outcomes(key, ceiling, [pay(0, 101n), pay(1, 100n)])).codes).toEqual([ABOVE, 'signed'])
    // With their fees these are 101 each.
    expect((await outcomes(key, ceiling, [pay(2, 100n), pay(3, 100n)])).codes).toEqual(['signed', ABOVE])
    expect((await outcomes(key, ceiling, [pay(4, 47n)])).codes).toEqual(['signed'])
    // 250 are signed for: not even a fee is left.
    expect((await outcomes(key, ceiling, [pay(5, 0n), pay(6, 1n)])).codes).toEqual([ABOVE, ABOVE])
    // Gone: the count that it was handed, and the name of the lane.
    expect((await outcomes(key, ceiling, [pay(7, 1n)], { counted: undefined, newest: undefined })).codes).toEqual([
      ABOVE,
    ])
  })

  test('gets nothing out as a fee, on another network, in another token or by a call', async () => {
    const { key, ceiling } = await bounded()
    const token = (to: string, amount: bigint) => pay(1, 0n, { to, data: erc20Transfer(RECIPIENT, amount) })
    const { codes } = await outcomes(key, ceiling, [
      pay(1, 0n, { price: 51n }),
      token(RECIPIENT, 1n),
      token(TOKEN, 101n),
      pay(1, 0n, { to: TOKEN, data: '0x095ea7b3' }),
    ])
    expect(codes).toEqual([ABOVE, ABOVE, ABOVE, ABOVE])
    expect((await outcomes(key, ceiling, [pay(1, 1n, { chainId: 10 })])).codes).toEqual([ABOVE])
    // What the ceiling names is signed unread, within the amounts.
    const called = [
      pay(1, 100n, { to: CONTRACT, data: '0x12345678' }),
      pay(2, 101n, { to: CONTRACT, data: '0x12345678' }),
    ]
    expect((await outcomes(key, ceiling, [token(TOKEN, 100n), ...called])).codes).toEqual(['signed', 'signed', ABOVE])
  })

  test('lets nobody take what it could not send, and deploys nothing', async () => {
    const { key, ceiling } = await bounded()
    const allow = (to: string, amount: bigint, selector = '095ea7b3') =>
      pay(1, 0n, { to, data: erc20Transfer(RECIPIENT, amount).replace('a9059cbb', selector) })
    const endless = [2n ** 64n - 1n, 2n ** 96n - 1n, 2n ** 128n, 2n ** 256n - 1n]
    const refusedOnes = [
      allow(TOKEN, 101n),
      allow(TOKEN, 101n, '39509351'),
      allow(RECIPIENT, 1n),
      ...endless.map((amount) => allow(TOKEN, amount)),
      pay(1, 0n, { to: null, data: '0x6000' }),
    ]
    expect((await outcomes(key, ceiling, refusedOnes)).codes).toEqual(refusedOnes.map(() => ABOVE))
    expect((await outcomes(key, ceiling, [allow(TOKEN, 100n), allow(CONTRACT, endless[3]!)])).codes).toEqual([
      'signed',
      'signed',
    ])
    // Where every token may go, an allowance without a limit takes the name of its contract too.
    const { native, fee } = real
    const wide = { native, fee, tokens: {}, otherTokens: true, deploys: true, contracts: [CONTRACT] }
    const open: Ceiling = { ...CEILING, chains: { ...CEILING.chains, 'eip155:1': wide } }
    await expect(keys.changeCeiling({ address: key.address, now: ceiling, next: open })).rejects.toMatchObject(refused)
    const raised = await keys.changeCeiling({ address: key.address, now: ceiling, next: open }, password)
    const asked = [allow(TOKEN, 10n ** 30n), allow(TOKEN, endless[3]!), pay(2, 1n, { to: null, data: '0x6000' })]
    expect((await outcomes(key, raised, asked)).codes).toEqual(['signed', ABOVE, 'signed'])
  })

  test('pays nobody but whom the ceiling names, in no asset and with no call, and adds nobody', async () => {
    const { key, ceiling } = await bounded()
    const { address } = key
    const named: Ceiling = { ...CEILING, recipients: [RECIPIENT] }
    // Naming recipients is tighter than naming none.
    const closed = await keys.changeCeiling({ address, now: ceiling, next: named })
    const token = (to: `0x${string}`) => pay(1, 0n, { to: TOKEN, data: erc20Transfer(to, 1n) })
    const { codes } = await outcomes(key, closed, [
      pay(1, 1n),
      token(RECIPIENT),
      pay(2, 1n, { to: CONTRACT }),
      token(CONTRACT),
      pay(3, 1n, { to: CONTRACT, data: '0x12345678' }),
    ])
    expect(codes).toEqual(['signed', 'signed', ABOVE, ABOVE, ABOVE])
    for (const recipients of [[], [RECIPIENT, CONTRACT], [CONTRACT]])
      await expect(keys.changeCeiling({ address, now: closed, next: { ...named, recipients } })).rejects.toMatchObject(
        refused,
      )
    const solana = await bounded('solana')
    const only = { ...CEILING, recipients: [addressText(RECEIVER)] }
    const one = await keys.changeCeiling({ address: solana.key.address, now: solana.ceiling, next: only }, password)
    const raised = {
      ...only,
      chains: { solana: { ...CEILING.chains.solana!, fee: '10000', native: { transaction: '100', day: '90000' } } },
    }
    const wide = await keys.changeCeiling({ address: solana.key.address, now: one, next: raised }, password)
    const paid = (to: Uint8Array, blockhash: number) => solanaPayment(solana.key.address, 1n, to, blockhash)
    expect((await outcomes(solana.key, wide, [paid(RECEIVER, 1), paid(Buffer.alloc(32, 8), 2)])).codes).toEqual([
      'signed',
      ABOVE,
    ])
  })

  test('does not get more by outbidding, and attempts on one nonce count once', async () => {
    const { key, ceiling } = await bounded()
    const bids = [10n, 20n, 30n, 40n, 50n].map((price) => pay(9, 100n, { price }))
    expect((await outcomes(key, ceiling, bids)).codes).toEqual(['signed', 'signed', 'signed', 'signed', 'signed'])
    // 150 are signed for, whatever was bid in between.
    expect((await outcomes(key, ceiling, [pay(10, 99n), pay(11, 0n)])).codes).toEqual(['signed', ABOVE])
    expect((await outcomes(key, ceiling, [pay(9, 100n, { price: 1n })])).codes).toEqual(['signed'])
  })

  test('gets no more out in the form that others build: a legacy transaction counts alike, and needs its chain', async () => {
    const { key, ceiling } = await bounded()
    const legacy = (nonce: number, value: bigint, more: object = {}) =>
      requestOf(
        'evm-tx',
        Buffer.from(
          serializeTransaction({
            ...{ type: 'legacy', chainId: 1, nonce, to: RECIPIENT, value, gas: 1n, gasPrice: 1n, ...more },
          } as TransactionSerializable).slice(2),
          'hex',
        ),
      )
    const odd = [legacy(0, 1n, { chainId: undefined }), legacy(0, 101n), legacy(0, 1n, { gasPrice: 51n })]
    expect((await outcomes(key, ceiling, odd)).codes).not.toContain('signed')
    expect((await outcomes(key, ceiling, [legacy(0, 100n), pay(1, 100n)])).codes).toEqual(['signed', 'signed'])
    // On one nonce both count once, as the higher of them.
    expect((await outcomes(key, ceiling, [pay(0, 100n), legacy(1, 100n)])).codes).toEqual(['signed', 'signed'])
    expect((await outcomes(key, ceiling, [legacy(2, 48n), legacy(2, 47n)])).codes).toEqual([ABOVE, 'signed'])
  })

  test('does not smuggle a payment of one Solana cluster through another: they count together', async () => {
    const { key, ceiling } = await bounded('solana')
    const wide = await keys.changeCeiling(
      {
        address: key.address,
        now: ceiling,
        next: {
          ...CEILING,
          chains: { solana: { ...CEILING.chains.solana!, fee: '10000', native: { transaction: '100', day: '20000' } } },
        },
      },
      password,
    )
    const paid = (lamports: bigint, blockhash: number) => solanaPayment(key.address, lamports, RECEIVER, blockhash)
    expect((await outcomes(key, wide, [paid(100n, 1)], { lane: 'devnet' })).codes).toEqual(['signed'])
    expect((await outcomes(key, wide, [paid(100n, 2), paid(101n, 3)], { lane: 'mainnet' })).codes).toEqual([
      'signed',
      ABOVE,
    ])
    // With fees of 5,000 each 10,200 are signed for, of 20,000.
    expect((await outcomes(key, wide, [paid(1n, 4), paid(1n, 5)], { lane: 'another' })).codes).toEqual([
      'signed',
      ABOVE,
    ])
  })

  test('raises no ceiling: not with one of its own, an older one, another wallet, or a key that it brings in again', async () => {
    const { key, ceiling } = await bounded()
    const { address } = key
    const higher: Ceiling = {
      ...CEILING,
      chains: { ...CEILING.chains, 'eip155:1': { ...real, native: { transaction: '100', day: '251' } } },
    }
    await expect(keys.changeCeiling({ address, now: ceiling, next: higher })).rejects.toMatchObject(refused)
    await expect(keys.changeCeiling({ address, now: ceiling, next: higher }, 'a guess')).rejects.toMatchObject(refused)
    expect(await keys.firstCeiling({ address, next: higher })).toEqual(ceiling)
    await expect(keys.changeCeiling({ address, next: higher })).rejects.toMatchObject(refused)
    await expect(keys.firstCeiling({ address: wallet.address.toLowerCase(), next: higher })).rejects.toMatchObject(
      refused,
    )
    const raised = await keys.changeCeiling({ address, now: ceiling, next: higher }, password)
    const lowered = await keys.changeCeiling({ address, now: raised, next: CEILING })
    const nothing = await keys.changeCeiling({ address, now: lowered, next: { ...CEILING, chains: {} } })
    for (const old of [ceiling, raised, lowered])
      expect((await outcomes(key, old, [pay(1, 1n)])).codes).toEqual([ABOVE])
    expect(JSON.parse(nothing.text)).toMatchObject({ address, version: 4 })
    const forged = { ...nothing, text: raised.text.replace('"version":2', '"version":9') }
    expect((await outcomes(key, forged, [pay(1, 1n)])).codes).toEqual(['KEY_ROW_CORRUPT'])
    const other = await bounded()
    expect((await outcomes(key, other.ceiling, [pay(1, 1n)])).codes).toEqual(['SIGN_REFUSED'])
    const { publicKey } = await keys.sealingKey()
    const secret = { sealed: await sealImport(publicKey, { format: 'private-key', secret: 'ab'.repeat(32) }) }
    const once = await keys.import('first', 'ethereum', secret)
    const held = await keys.firstCeiling({ address: once.address, next: FIRST })
    const again = await keys.import('second', 'ethereum', secret)
    expect(await keys.firstCeiling({ address: again.address, next: NOTHING })).toEqual(held)
  })

  test('gets no first ceiling of its own making: a key begins within bounds, and one that is not new with nothing', async () => {
    const address = (await keys.create(newId(), 'ethereum')).address
    const on = (chain: string, more: object): Ceiling => ({
      chains: { [chain]: { ...first, ...more } },
      recipients: [],
    })
    const much = { transaction: '1', day: '5'.padEnd(19, '0') }
    for (const next of [
      on('eip155:1', { native: much }),
      on('eip155:1', { fee: much.day }),
      on('eip155:1', { tokens: { [TOKEN]: much } }),
      // Whatever it calls itself: a token counts by its address.
      on('eip155:1', { tokens: { [CONTRACT]: { transaction: '1', day: '1' } } }),
      on('eip155:1', { otherTokens: true }),
      on('eip155:1', { contracts: [CONTRACT] }),
      on('eip155:56', {}),
      on('solana', { tokens: {}, native: { transaction: '1', day: '1'.padEnd(13, '0') } }),
    ])
      await expect(keys.firstCeiling({ address, next })).rejects.toMatchObject(refused)
    expect(JSON.parse((await keys.firstCeiling({ address, next: FIRST })).text)).toMatchObject({ version: 1 })
    const old = await keys.create(newId(), 'ethereum')
    await keys.restart()
    await keys.unlock(password, keyring)
    await expect(keys.firstCeiling({ address: old.address, next: FIRST })).rejects.toMatchObject(refused)
    // Without a ceiling, whatever the signer has seen of it before, it signs nothing.
    const bare = { key: old, lane: 'lane', requests: [pay(1, 1n)], ceiling: undefined }
    expect((await keys.sign(bare)).results).toMatchObject([{ code: ABOVE }])
    expect((await keys.sign({ ...bare, key: (await bounded()).key })).results).toMatchObject([{ code: ABOVE }])
  })

  test('does not pass a call off as a text: it goes to named contracts and to the own address, and else nowhere', async () => {
    const { key, ceiling } = await bounded()
    // A function whose selector and arguments are printable is a call like any other.
    const text = `0x${Buffer.from('pay2everything that this account may be let to spend').toString('hex')}` as const
    const { codes } = await outcomes(key, ceiling, [
      pay(1, 0n, { to: TOKEN, data: text }),
      pay(2, 1n, { data: text }),
      pay(3, 1n, { to: CONTRACT, data: text }),
      pay(4, 1n, { to: key.address as `0x${string}`, data: text }),
    ])
    expect(codes).toEqual([ABOVE, ABOVE, 'signed', 'signed'])
  })

  test('gets at most the amount of a day more from a database that is set back, and none when only the count is', async () => {
    const { key, ceiling } = await bounded()
    const { counted } = await outcomes(key, ceiling, [pay(1, 99n), pay(2, 99n)], { lane: 'lane' })
    await keys.restart()
    await keys.unlock(password, keyring)
    // The count of then: 50 are left.
    expect((await outcomes(key, ceiling, [pay(3, 50n), pay(4, 49n)], { lane: 'lane', counted })).codes).toEqual([
      ABOVE,
      'signed',
    ])
    // A ceiling that it writes anew itself does not make what was signed known.
    const newest = newId()
    const tightened = await keys.changeCeiling({ address: key.address, now: ceiling, next: CEILING })
    await keys.restart()
    await keys.unlock(password, keyring)
    // It signed after that, and the database still says so: the day is used up.
    expect((await outcomes(key, tightened, [pay(5, 1n)], { lane: 'lane', counted, newest })).codes).toEqual([ABOVE])
    expect((await outcomes(key, tightened, [pay(5, 1n)], { lane: 'other' })).codes).toEqual([ABOVE])
    // The operator, and nobody else, says that it is not.
    await keys.changeCeiling({ address: key.address, now: ceiling, next: CEILING }, password)
    expect((await outcomes(key, ceiling, [pay(5, 1n)], { lane: 'lane' })).codes).toEqual(['signed'])
    // A database that is set back whole says nothing of it.
    await keys.restart()
    await keys.unlock(password, keyring)
    expect((await outcomes(key, ceiling, [pay(6, 99n), pay(7, 99n), pay(8, 99n)])).codes).toEqual([
      'signed',
      'signed',
      ABOVE,
    ])
  })

  test('gets nothing out of an older count where a checkpoint names a later one', async () => {
    const { key, ceiling } = await bounded()
    await keys.restart()
    await keys.unlock(password, keyring)
    const first = await outcomes(key, ceiling, [pay(1, 99n)], { lane: 'lane' })
    const second = await outcomes(key, ceiling, [pay(2, 99n)], { lane: 'lane', counted: first.counted })
    const next = { at: Date.now(), heads: heads(7) }
    for (const forged of [
      { ...next, counts: [{ ...second.counted!, text: first.counted!.text }] },
      { ...next, heads: [...heads(7), { chain: 'count:lane', seq: 9, hash: '' }] },
    ])
      await expect(keys.signCheckpoint(forged)).rejects.toThrow()
    const witnessed = await keys.signCheckpoint({ ...next, counts: [second.counted!] })
    expect(witnessed.heads).toContainEqual({ chain: 'count:lane', seq: 2, hash: expect.any(String) })

    const again = async (more: Partial<SignBatch>) => {
      await keys.restart()
      await keys.unlock(password, keyring)
      return (await outcomes(key, ceiling, [pay(3, 1n)], { lane: 'lane', witnessed, ...more })).codes
    }
    expect(await again({ counted: first.counted })).toEqual([ABOVE])
    expect(await again({ counted: undefined })).toEqual([ABOVE])
    expect(await again({ counted: first.counted, witnessed: { ...witnessed, heads: heads(7) } })).toEqual([
      'SIGN_REFUSED',
    ])
    expect(await again({ counted: second.counted })).toEqual(['signed'])
  })

  test('with the password, which a password file gives it, raises what it likes', async () => {
    const { key, ceiling } = await bounded()
    const next = { ...CEILING, chains: { 'eip155:1': { ...real, native: { transaction: '1000', day: '1000' } } } }
    const raised = await keys.changeCeiling({ address: key.address, now: ceiling, next }, password)
    expect((await outcomes(key, raised, [pay(1, 900n)])).codes).toEqual(['signed'])
  })
})

describe('a taken-over daemon, with what the operator has approved above a ceiling', () => {
  const LOW: Ceiling = {
    chains: {
      'eip155:1': { native: { transaction: '10', day: '20' }, fee: '5', tokens: {}, otherTokens: false, contracts: [] },
      solana: {
        ...{ native: { transaction: '10', day: '20000' }, fee: '6000', tokens: {} },
        ...{ otherTokens: false, contracts: [] },
      },
    },
    recipients: [],
  }
  async function low(chain: 'ethereum' | 'solana' = 'ethereum') {
    const key = await keys.create(newId(), chain)
    return { key, ceiling: await keys.firstCeiling({ address: key.address, next: LOW }, password) }
  }
  type Low = Awaited<ReturnType<typeof low>>
  const pay = (nonce: number, value: bigint, more = {}) =>
    evmPayment({ chainId: 1, nonce, value, gas: 1n, price: 1n, ...more })
  const payment = ({ key }: Low, more: Partial<Payment> = {}): Payment => ({
    ...{ chain: 'eip155:1', sender: key.address, moves: [{ asset: 'native', amount: '900', to: RECIPIENT }] },
    ...{ call: null, codeHash: null, memos: [], fee: '50', ...more },
  })
  /** As the operator approves it. */
  const lift = ({ key, ceiling }: Low, what: Payment, hours?: number) =>
    keys.lift({ address: key.address, ceiling, payment: what, hours }, password)
  const proven = (request: SignRequest, { text, seal }: Sealed, type = 'password'): SignRequest => ({
    ...request,
    authorisation: { ...request.authorisation, proofs: [{ type, text, seal } as ApprovalProof] },
  })
  async function outcomes({ key, ceiling }: Low, requests: readonly SignRequest[], more: Partial<SignBatch> = {}) {
    const { results, counted } = await keys.sign({ key, ceiling, lane: 'lane', requests, ...more })
    return { counted, codes: results.map((one) => (one.signature ? 'signed' : `${one.code}: ${one.refused}`)) }
  }
  const restart = async () => {
    await keys.restart()
    await keys.unlock(password, keyring)
  }
  const above = (why: string) => expect.stringMatching(new RegExp(`^CEILING_EXCEEDED: .*${why}`))
  const OTHER = '0x1111111111111111111111111111111111111111'

  test('gets that payment, once: on one nonce, however often its fee rises up to the approved one', async () => {
    const own = await low()
    const approved = await lift(own, payment(own))
    const bid = (nonce: number, price: bigint) => proven(pay(nonce, 900n, { price }), approved)
    expect((await outcomes(own, [bid(7, 10n), bid(7, 50n), bid(7, 51n), bid(8, 10n)])).codes).toEqual([
      ...['signed', 'signed'],
      ...[above('the fee has risen above the one that was approved'), above('it was used before')],
    ])
    expect((await outcomes(own, [pay(7, 900n)])).codes).toEqual([above('too much at once')])
    // Another transaction that does the same is the same payment, and then the only one.
    const twin = await low()
    const one = await lift(twin, payment(twin))
    expect((await outcomes(twin, [proven(pay(1, 900n), one)], { lane: 'one' })).codes).toEqual(['signed'])
    expect((await outcomes(twin, [proven(pay(2, 900n), one)], { lane: 'another' })).codes).toEqual([above('used')])
  })

  test('gets no other payment: amount, recipient, asset, network, wallet, data, code or grant', async () => {
    const own = await low()
    const approved = await lift(own, payment(own))
    const call = { to: TOKEN, data: '0x12345678' } as const
    const others = [
      pay(1, 901n),
      pay(1, 900n, { to: OTHER }),
      pay(1, 900n, { chainId: 10 }),
      pay(1, 900n, { data: '0x12345678' }),
      pay(1, 900n, { to: null, data: '0x6000' }),
      pay(1, 0n, { to: TOKEN, data: erc20Transfer(RECIPIENT, 900n) }),
    ].map((request) => proven(request, approved))
    for (const request of others)
      expect((await outcomes(own, [request])).codes).toEqual([above('(it is for another payment|on eip155:10)')])
    const named = await lift(own, payment(own, { moves: [], call: { to: TOKEN, dataHash: sha256('12345678') } }))
    const swapped = { ...call, data: '0x12345679' } as const
    expect((await outcomes(own, [proven(pay(2, 0n, swapped), named), proven(pay(2, 0n, call), named)])).codes).toEqual([
      ...[above('another payment'), 'signed'],
    ])
    const grant = { asset: TOKEN, amount: '900', to: RECIPIENT }
    const token = (selector: string) =>
      pay(3, 0n, { to: TOKEN, data: erc20Transfer(RECIPIENT, 900n).replace('a9059cbb', selector) })
    const sent = await lift(own, payment(own, { moves: [grant] }))
    const let_ = await lift(own, payment(own, { moves: [{ ...grant, isGrant: true }] }))
    expect((await outcomes(own, [proven(token('095ea7b3'), sent), proven(token('095ea7b3'), let_)])).codes).toEqual([
      ...[above('another payment'), 'signed'],
    ])
    const code = await lift(own, payment(own, { moves: [], codeHash: sha256('6000') }))
    const made = (data: string) => proven(pay(4, 0n, { to: null, data }), code)
    expect((await outcomes(own, [made('0x6001'), made('0x6000')])).codes).toEqual([above('another payment'), 'signed'])
    const other = await low()
    expect((await outcomes(other, [proven(pay(5, 900n), approved)])).codes).toEqual([above('another payment')])
    await expect(lift(other, payment(own))).rejects.toMatchObject({ code: 'SIGN_REFUSED' })
  })

  test('gets none for a word of its own, a wrong password, or a proof of another kind', async () => {
    const own = await low()
    const { key, ceiling } = own
    const wanted = { address: key.address, ceiling, payment: payment(own) }
    await expect(keys.lift(wanted, 'a guess')).rejects.toMatchObject(refused)
    const approved = await lift(own, payment(own))
    const { counted } = await outcomes(own, [pay(1, 1n)])
    for (const forged of [
      { ...approved, text: approved.text.replace('900', '901') },
      { text: approved.text, seal: ceiling.seal },
      ceiling,
      counted!,
    ])
      expect((await outcomes(own, [proven(pay(2, 900n), forged)])).codes).toEqual([
        expect.stringMatching(/^KEY_ROW_CORRUPT/),
      ])
    // A ceiling cannot be made of it either.
    expect((await outcomes({ key, ceiling: approved }, [pay(2, 1n)])).codes).toEqual([
      expect.stringMatching(/^KEY_ROW_CORRUPT/),
    ])
    for (const type of ['owner', 'tap', ''])
      expect((await outcomes(own, [proven(pay(2, 1n), approved, type)])).codes).toEqual([
        'SIGN_REFUSED: no such proof of an approval is known',
      ])
    for (const odd of [
      { ...payment(own), moves: [{ asset: 'native', amount: '09', to: RECIPIENT }] },
      { ...payment(own), fee: '-1' },
      { ...payment(own), more: 'than the signer knows' },
      { ...payment(own), call: { to: TOKEN, dataHash: 'all' } },
    ])
      await expect(lift(own, odd as Payment)).rejects.toMatchObject({ code: 'SIGN_REFUSED' })
    for (const hours of [0, 169, 1.5])
      await expect(lift(own, payment(own), hours)).rejects.toMatchObject({ code: 'SIGN_REFUSED' })
  })

  test('what was approved neither fills the day nor asks it, and the ceiling holds for all else', async () => {
    const own = await low()
    expect((await outcomes(own, [pay(1, 9n), pay(2, 8n), pay(3, 1n)])).codes).toEqual([
      ...['signed', 'signed', above('too much for 24 hours')],
    ])
    expect((await outcomes(own, [proven(pay(3, 900n), await lift(own, payment(own)))])).codes).toEqual(['signed'])
    // 19 of 20 are signed for, as before.
    expect((await outcomes(own, [pay(4, 0n), pay(5, 0n)])).codes).toEqual(['signed', above('too much for 24 hours')])
  })

  test('gets no second payment after a restart, whatever it says became of the first', async () => {
    const own = await low()
    const approved = await lift(own, payment(own))
    const before = (await outcomes(own, [pay(1, 1n)])).counted
    await restart()
    // Not used yet: it outlives the start at which it was given.
    const first = await outcomes(own, [proven(pay(2, 900n), approved)], { counted: before })
    expect(first.codes).toEqual(['signed'])
    await restart()
    const again = (nonce: number, more: Partial<SignBatch>) =>
      outcomes(own, [proven(pay(nonce, 900n, { price: 9n }), approved)], more)
    expect((await again(3, { counted: first.counted })).codes).toEqual([above('it was used before')])
    expect((await again(2, {})).codes).toEqual(['signed'])
    // Without the record, or with one from before, nothing is signed under it.
    const witnessed = await keys.signCheckpoint({ at: Date.now(), heads: heads(9_000), counts: [first.counted!] })
    for (const counted of [undefined, before]) {
      await restart()
      expect((await again(4, { counted, witnessed })).codes).toEqual([above('is missing or older')])
    }
    // Nor when the operator says that all is known: what was approved before that is void.
    const said = await keys.changeCeiling({ address: own.key.address, now: own.ceiling, next: LOW }, password)
    const later = { key: own.key, ceiling: said }
    expect((await outcomes(later, [proven(pay(4, 900n), approved)])).codes).toEqual([above('has changed the ceiling')])
    expect((await outcomes(later, [proven(pay(4, 900n), await lift(later, payment(own)))])).codes).toEqual(['signed'])
  })

  test('gets nothing for an approval from before the master password was changed, at no start and no replica', async () => {
    const own = await low()
    const approved = await lift(own, payment(own))
    const before = keyring
    keyring = await keys.rewrap(password, 'another password')
    const codes = async (lifts: Sealed) => (await outcomes(own, [proven(pay(2, 900n), lifts)])).codes
    const isVoid = [above('the master password was changed since')]
    expect(await codes(approved)).toEqual(isVoid)
    await keys.restart()
    await keys.unlock('another password', keyring)
    expect(await codes(approved)).toEqual(isVoid)
    const wanted = { address: own.key.address, ceiling: own.ceiling, payment: payment(own) }
    const later = await keys.lift(wanted, 'another password')
    // A signer that has not heard of the change learns of it from what the other one has sealed, and not the other way round.
    await keys.restart()
    await keys.unlock(password, before)
    expect(await codes(later)).toEqual(['signed'])
    expect(await codes(approved)).toEqual(isVoid)
    await keys.restart()
    await keys.unlock('another password', keyring)
    keyring = await keys.rewrap('another password', password)
    expect(await codes(later)).toEqual(isVoid)
    // How often it was changed is bound to the row.
    const set = (generation: number) => ({ ...keyring, version: 2 as const, generation })
    expect(keyring).toMatchObject({ version: 2, generation: 2 })
    await expect(keys.verify(password, set(0))).rejects.toMatchObject({ code: 'KEYRING_CORRUPT' })
  })

  test('cannot have a lower ceiling of its own making end or renew an approval, nor sign without a ceiling', async () => {
    const own = await low()
    const approved = await lift(own, payment(own))
    const tightened = await keys.changeCeiling({ address: own.key.address, now: own.ceiling, next: LOW })
    expect((await outcomes({ ...own, ceiling: tightened }, [proven(pay(1, 900n), approved)])).codes).toEqual(['signed'])
    const bare = { key: own.key, lane: 'lane', requests: [proven(pay(1, 900n), approved)], ceiling: undefined }
    expect((await keys.sign(bare)).results).toMatchObject([{ code: 'CEILING_EXCEEDED' }])
  })

  test('gets one Solana transaction out of an approval, whose memo is part of it', async () => {
    const own = await low('solana')
    const to = addressText(RECEIVER)
    const sol = payment(own, { chain: 'solana', moves: [{ asset: 'native', amount: '900', to }], fee: '5000' })
    const approved = await lift(own, sol)
    const paid = (blockhash: number) =>
      proven({ ...solanaPayment(own.key.address, 900n, RECEIVER, blockhash) }, approved)
    expect((await outcomes(own, [paid(1), paid(2), paid(1)])).codes).toEqual([
      ...['signed', above('it was used before'), 'signed'],
    ])
    const noted = await lift(own, { ...sol, memos: [Buffer.from('order 7').toString('hex')] })
    expect((await outcomes(own, [proven(solanaPayment(own.key.address, 900n, RECEIVER, 3), noted)])).codes).toEqual([
      above('another payment'),
    ])
  })
})

test('with the password, keys leave as before', async () => {
  const answer = await keys.export(wallet, password, { format: 'private-key' })
  expect(answer).toEqual({ text: expect.stringMatching(/^0x[0-9a-f]{64}$/) })
})
