import { type Failure, newId } from '@waiaas/contract'
import { type Hex, recoverMessageAddress } from 'viem'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { ETHER, migrations, startEvm, startPipeline } from '../../../test/pipeline-bed.ts'
import type { KeyringRow } from '../../keys/service.ts'
import type { Database } from '../../platform/db/database.ts'

type Bed = Awaited<ReturnType<typeof startPipeline>>
type Wallet = Awaited<ReturnType<Bed['wallet']>>

let node: Awaited<ReturnType<typeof startEvm>>
beforeAll(async () => {
  node = await startEvm({})
})
afterAll(() => node?.stop())

const WORDS = 'I am the owner of this account.'
const signIn = (address: string, { domain = 'app.example', chainId = '31337' } = {}) =>
  `${domain} wants you to sign in with your Ethereum account:\n${address}\n\nWelcome.\n\nURI: https://${domain}/login\nVersion: 1\nChain ID: ${chainId}\nNonce: 32891756\nIssued At: 2026-01-01T00:00:00Z`

/** A row of a table, as it is stored. */
const stored = (database: Database, table: 'transactions' | 'signatures' | 'evidence' | 'spends') =>
  database.read((db) => db.query<Record<string, unknown>>((k) => k.selectFrom(table).selectAll()))

forEachEngine((engine, open, fresh) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  async function start() {
    const location = await fresh()
    let shift = 0
    const clock = { now: () => Date.now() + shift }
    const boot = async (keyring?: KeyringRow) => {
      const made = await startPipeline(await open(migrations, location), node, keyring, clock)
      stops.unshift(() => made.stop())
      return made
    }
    const bed = await boot()
    const from = await bed.wallet()
    await bed.limit(from.id, { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 5_000 })
    const rules = (rules: Record<string, unknown>) =>
      bed.rules.create({ walletId: from.id, type: 'SIGN_MESSAGE_RULES', rules, priority: 0, enabled: true } as never)
    const sign = (message: string, key: string = newId(), by: Wallet = from) =>
      bed.service.signMessage(
        { message, signType: 'personal', walletId: by.id },
        { sessionId: by.session, peer: '127.0.0.1', key, onDelivered: () => undefined },
      )
    const refused = async (message: string, key?: string) => {
      const failure = await sign(message, key).then(
        () => undefined,
        (error: Failure) => error,
      )
      return failure ? { code: failure.code, message: failure.message, ...failure.details } : undefined
    }
    const pass = (ms: number) => {
      shift += ms
    }
    return { bed, boot, from, rules, sign, refused, pass }
  }

  test('a text that a rule lets pass is signed at once, and the same key brings the same signature', async () => {
    const { bed, from, rules, sign } = await start()
    await rules({ personal: 'INSTANT' })
    const key = newId()
    const first = await sign(WORDS, key)
    expect(await recoverMessageAddress({ message: WORDS, signature: first.signature as Hex })).toBe(from.address)
    expect(await sign(WORDS, key)).toEqual(first)
    const events = (await stored(bed.database, 'evidence')).filter((each) => each.tx_id === first.id)
    expect(events.map(({ event }) => event)).toEqual(['TX_REQUESTED', 'MESSAGE_SIGNED'])
    expect(await bed.service.get(first.id, from.session)).toMatchObject({
      ...{ type: 'SIGN', status: 'SIGNED', tier: 'INSTANT', amount: '0', memo: WORDS, fromAddress: from.address },
      ...{ signature: first.signature, txHash: null },
    })
  })

  test('a signature is told to the session that asked for it and to nobody else, and lies sealed', async () => {
    const { bed, from, rules, sign } = await start()
    await rules({ personal: 'INSTANT' })
    const { id, signature } = await sign(WORDS)
    const other = await bed.session(from.id)
    for (const session of [other, undefined])
      expect(JSON.stringify(await bed.service.get(id, session))).not.toContain(signature.slice(2, 60))
    const lists = [await bed.service.list({}, 10), await bed.service.listOfWallet(from.id, undefined, 10)]
    expect(JSON.stringify(lists)).not.toContain(signature.slice(2, 60))
    for (const table of ['transactions', 'signatures', 'evidence'] as const) {
      const text = JSON.stringify(await stored(bed.database, table))
      expect(text).not.toContain(signature.slice(2, 60))
      expect(text).not.toContain(Buffer.from(signature.slice(2), 'hex').toString('base64').slice(0, 40))
    }
  })

  test('without a rule a text waits for a human; once approved, the same key brings the signature', async () => {
    const { bed, from, refused, sign } = await start()
    const key = newId()
    const waiting = await refused(WORDS, key)
    expect(waiting).toMatchObject({
      ...{ code: 'POLICY_DENIED', status: 'QUEUED', tier: 'APPROVAL', waits: expect.stringMatching(/approve/) },
      reasons: [{ code: 'MESSAGE_TIER' }],
    })
    const id = (waiting as unknown as { id: string }).id
    expect(await refused(WORDS, key)).toMatchObject({ id, status: 'QUEUED' })
    await bed.service.approve(id)
    await bed.until(id, 'SIGNED')
    const signed = await sign(WORDS, key)
    expect(signed.id).toBe(id)
    expect(await recoverMessageAddress({ message: WORDS, signature: signed.signature as Hex })).toBe(from.address)
    expect(await bed.service.get(id, from.session)).toMatchObject({ signature: signed.signature })
  })

  test('a delay is waited for, and what a human rejects is never signed', async () => {
    const { bed, rules, refused, sign, pass } = await start()
    await rules({ personal: 'DELAY' })
    const [key, other] = [newId(), newId()]
    const { id } = (await refused(WORDS, key)) as unknown as { id: string }
    const { id: rejected } = (await refused('another one', other)) as unknown as { id: string }
    await bed.service.reject(rejected)
    expect(await refused('another one', other)).toMatchObject({ id: rejected, status: 'CANCELLED' })
    pass(901_000)
    await bed.until(id, 'SIGNED')
    expect((await sign(WORDS, key)).id).toBe(id)
  })

  test('a sign-in is judged by who asks for it, and one of another account or chain is refused', async () => {
    const { from, rules, sign, refused } = await start()
    await rules({
      personal: 'INSTANT',
      siwe_domains: [{ domain: 'app.example' }, { domain: 'shop.example:8443', tier: 'DELAY' }],
    })
    const text = signIn(from.address)
    expect(await recoverMessageAddress({ message: text, signature: (await sign(text)).signature as Hex })).toBe(
      from.address,
    )
    expect(await sign(signIn(from.address, { domain: 'https://APP.example' }))).toMatchObject({ signType: 'personal' })
    expect(await refused(signIn(from.address, { domain: 'shop.example:8443' }))).toMatchObject({ tier: 'DELAY' })
    for (const domain of ['evil.example', 'app.example.evil.example', 'app.example:444', 'xapp.example'])
      expect(await refused(signIn(from.address, { domain })), domain).toMatchObject({
        ...{ code: 'POLICY_DENIED', tier: 'APPROVAL' },
        reasons: [{ code: 'MESSAGE_TIER', observed: domain }],
      })
    const odd = [
      signIn(from.address, { chainId: '1' }),
      signIn('0x1111111111111111111111111111111111111111'),
      signIn(from.address.toLowerCase()),
      signIn(from.address, { domain: 'user@app.example' }),
      ` ${text}`,
      `${text}\n`,
      text.replace('Version: 1\n', ''),
      text.replace('sign in', 'SIGN IN'),
      text.replace('Nonce: 32891756', 'Nonce: 1'),
    ]
    for (const each of odd) expect(await refused(each), each).toMatchObject({ code: 'INVALID_TRANSACTION' })
  })

  test('what people cannot read is signed for nobody: hashes, encodings and characters that cannot be seen', async () => {
    const { bed, rules, refused } = await start()
    await rules({ personal: 'INSTANT' })
    const hash = 'ab'.repeat(32)
    const odd = [
      ...[hash, `0x${hash}`, '0xf86c0985', '0x', ` ${hash}\n`, Buffer.alloc(80, 7).toString('base64')],
      ...['\x19Ethereum Signed Message:\n5hello', '\x19\x01', 'a\u0000b', 'a\u202eb', '\ud800', ' \n', 'a\rb'],
    ]
    for (const each of odd)
      expect(await refused(each), JSON.stringify(each)).toMatchObject({ code: 'INVALID_TRANSACTION' })
    expect(await stored(bed.database, 'transactions')).toEqual([])
  })

  test('a stop between the judgement and the signature leaves nothing signed', async () => {
    const { bed, from, rules, refused } = await start()
    await rules({ personal: 'INSTANT' })
    const why = { error: 'stopped', code: 'WALLET_SUSPENDED', actor: 'operator' } as const
    bed.onSign(() =>
      bed.database.work({ exclusive: ['system'] }, (db) => bed.service.stops.begin(db, { ...why, walletId: from.id })),
    )
    const key = newId()
    expect(await refused(WORDS, key)).toMatchObject({ status: 'CANCELLED' })
    expect((await stored(bed.database, 'signatures')).filter(({ sealed }) => sealed !== null)).toEqual([])
    expect(await refused(WORDS, key)).toMatchObject({ status: 'CANCELLED' })
    const [row] = await stored(bed.database, 'transactions')
    await bed.until(String(row!.id), 'CANCELLED')
    expect(await stored(bed.database, 'spends')).toMatchObject([{ state: 'void' }])
  })

  test('a policy that changes between the judgement and the signature is asked before anything is signed', async () => {
    const { bed, rules, refused } = await start()
    await rules({ personal: 'INSTANT' })
    bed.onSign(async () => void (await rules({ personal: 'APPROVAL' })))
    expect(await refused(WORDS)).toMatchObject({
      code: 'POLICY_DENIED',
      status: expect.stringMatching(/PENDING|QUEUED/),
    })
    const [row] = await stored(bed.database, 'transactions')
    await bed.until(String(row!.id), 'QUEUED')
  })

  test('a signer that fails in between costs nothing: the same key signs it anew', async () => {
    const { bed, rules, sign } = await start()
    await rules({ personal: 'INSTANT' })
    bed.onSign(async () => {
      throw new Error('the signer is gone')
    })
    const key = newId()
    await expect(sign(WORDS, key)).rejects.toThrow('the signer is gone')
    expect(await sign(WORDS, key)).toMatchObject({ signType: 'personal' })
  })

  test('a signature is held back while its wallet is suspended', async () => {
    const { bed, from, rules, sign, refused } = await start()
    await rules({ personal: 'INSTANT' })
    const key = newId()
    const { id } = await sign(WORDS, key)
    await bed.database.work({ exclusive: ['system'] }, (db) =>
      db.query((k) => k.updateTable('wallets').set({ status: 'SUSPENDED' }).where('id', '=', from.id)),
    )
    expect(await refused(WORDS, key)).toMatchObject({ code: 'WALLET_SUSPENDED' })
    expect((await bed.service.get(id, from.session)).signature).toBeUndefined()
    await bed.database.work({ exclusive: ['system'] }, (db) =>
      db.query((k) => k.updateTable('wallets').set({ status: 'ACTIVE' }).where('id', '=', from.id)),
    )
    expect((await sign(WORDS, key)).id).toBe(id)
  })

  test('the same key on two replicas is one request and one signature', async () => {
    if (engine === 'sqlite') return
    const { bed, from, rules, sign, boot } = await start()
    await rules({ personal: 'INSTANT' })
    const other = await boot(bed.keyring)
    const key = newId()
    const there = () =>
      other.service.signMessage(
        { message: WORDS, signType: 'personal', walletId: from.id },
        { sessionId: from.session, peer: '127.0.0.1', key, onDelivered: () => undefined },
      )
    const [one, ...others] = await Promise.all([sign(WORDS, key), there(), sign(WORDS, key), there()])
    for (const each of others) expect(each).toEqual(one)
    expect(await stored(bed.database, 'signatures')).toHaveLength(1)
  })

  test('payments of the wallet go on beside its messages', async () => {
    const { bed, from, rules, sign } = await start()
    await rules({ personal: 'INSTANT' })
    const to = '0x1111111111111111111111111111111111111111'
    const [payment] = await Promise.all([
      bed.send(from, { to, amount: String(ETHER / 1_000n) }, newId()),
      sign(WORDS),
      sign('other words'),
    ])
    await bed.until(payment.transactionId, 'CONFIRMED', 'SUBMITTED')
  })
})
