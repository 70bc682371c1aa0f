import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  adminOperations,
  ceilingOperations,
  httpCall,
  newId,
  type Operation,
  transactionOperations,
  walletOperations,
} from '@waiaas/contract'
import { type SignerIdentity, sealMasterProof, sealNewPassword, WAIaaSClient } from '@waiaas/sdk'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanUp, startProvisioned } from '../../packages/cli/test/run.ts'
import { makeSealingKeyPair, openExport, sealBytes } from '../../packages/daemon/src/keys/sealing.ts'
import {
  type Ceiling,
  type KeyRow,
  type KeyringRow,
  type Keys,
  type Payment,
  type Sealed,
  startKeys,
} from '../../packages/daemon/src/keys/service.ts'
import { evmPayment, RECIPIENT } from '../../packages/daemon/test/signing.ts'

// The operator seals the password for each call to a key of the signer. Whoever runs code in the daemon's process, through
// which the call passes, has the sealed text, the channel and every row, and may hand on what they like.
const password = 'what the operator alone knows'
const cheap = { passwordCost: { memoryKib: 19 * 1024, iterations: 2, parallelism: 1 } }
const CHEAP = {
  WAIAAS_KEYSTORE_ARGON2_MEMORY: '19456',
  WAIAAS_KEYSTORE_ARGON2_TIME: '2',
  WAIAAS_KEYSTORE_ARGON2_PARALLELISM: '1',
}
let keys: Keys
let keyring: KeyringRow
let signer: SignerIdentity
let wallet: KeyRow
const mine = makeSealingKeyPair()

beforeAll(async () => {
  keys = await startKeys(cheap)
  keyring = await keys.createKeyring(password)
  signer = await keys.sealingKey()
  wallet = await keys.create('wallet', 'ethereum')
})
afterAll(() => keys.stop())

type Call = { method: string; path: string; body: string | undefined }
const callOf = (op: Operation, input: Record<string, unknown>): Call => httpCall(op, input)
const suspend = callOf(walletOperations.suspendWallet, { id: 'shop' })
const exported = (more: Record<string, unknown> = {}): Call =>
  callOf(walletOperations.exportWallet, {
    ...{ id: 'shop', format: 'private-key', sealTo: mine.publicKey, address: wallet.address, ...more },
  })

/** As the client of the operator does it. */
const seal = (call: Call, given = password): Promise<string> => sealMasterProof(signer, { password: given, call })
/** The same by hand, to be wrong in one thing. */
function forge(call: Call, wrong: Record<string, unknown>, recipient = signer.publicKey): string {
  const { instance } = signer
  const proof = { password, method: call.method, path: call.path, bodyHash: '', at: Date.now(), instance }
  const text = JSON.stringify({ ...proof, nonce: randomBytes(16).toString('hex'), ...wrong })
  return sealBytes(recipient, 'master-proof', Buffer.from(text))
}
const verified = (sealed: string, { method, path }: Call, row = keyring) =>
  keys.verifyCall({ sealed, method, path, row, derives: true })
const asked = async (call: Call, given?: string) => ({ sealed: await seal(call, given), body: call.body ?? '' })

const refusedFor = (why: string) => ({ code: 'PROOF_REFUSED', message: expect.stringContaining(why) })
const wrong = { code: 'INVALID_MASTER_PASSWORD' }
const OPTIONS = { format: 'private-key' } as const

describe('a sealed password that passes through a taken-over daemon', () => {
  test('lets its own call in, once, and tells no more than whether it was right', async () => {
    const sealed = await seal(suspend)
    expect(await verified(sealed, suspend)).toEqual({
      isRight: true,
      bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    await expect(verified(sealed, suspend)).rejects.toMatchObject(refusedFor('it was used before'))
    expect(await verified(await seal(suspend, 'a guess'), suspend)).toMatchObject({ isRight: false })
    for (const text of [sealed, Buffer.from(sealed, 'base64').toString('latin1')]) expect(text).not.toContain(password)
  })

  test('lets nothing else in: no other method or path, none later or earlier, none for another signer or start of it', async () => {
    const to = async (why: string, sealed: string, call = suspend) =>
      expect(verified(sealed, call)).rejects.toMatchObject(refusedFor(why))
    await to('it is for another call', await seal(suspend), { ...suspend, method: 'GET' })
    await to('it is for another call', await seal(suspend), { ...suspend, path: '/v1/wallets/shop/resume' })
    await to('it is for another call', await seal(suspend), { ...suspend, path: `${suspend.path}?force=true` })
    await to('61 s old', forge(suspend, { at: Date.now() - 61_000 }))
    await to("ahead of the signer's clock", forge(suspend, { at: Date.now() + 90_000 }))
    await to('for a signer that has ended', forge(suspend, { instance: randomBytes(16).toString('hex') }))
    await to('it does not open', forge(suspend, {}, mine.publicKey))
    const altered = Buffer.from(await seal(suspend), 'base64')
    altered[70]! ^= 1
    await to('it does not open', altered.toString('base64'))
    for (const shape of [
      { at: '1' },
      { nonce: 'a' },
      { password: 7 },
      { path: undefined },
      { password: 'x'.repeat(1_001) },
    ])
      await to('it does not say what it is for', forge(suspend, shape))
    // One that was made for another purpose says nothing here.
    await to('it does not open', await sealNewPassword(signer.publicKey, JSON.stringify({ password })))
  })

  test('is no password to a keyring of the attacker, and stays good where another replica has changed it', async () => {
    const theirs = await startKeys(cheap)
    try {
      const row = await theirs.createKeyring(password)
      expect(await verified(await seal(suspend), suspend, row)).toMatchObject({ isRight: false })
      await theirs.unlock(password, keyring)
      const next = await theirs.rewrap(password, 'changed at another replica')
      const sealed = await seal(suspend, 'changed at another replica')
      expect(await verified(sealed, suspend, next)).toMatchObject({ isRight: true })
      expect(await verified(await seal(suspend), suspend, next)).toMatchObject({ isRight: false })
      // Back, for the cases behind this one.
      expect(await verified(await seal(suspend), suspend)).toMatchObject({ isRight: true })
    } finally {
      await theirs.stop()
    }
  })

  test('opens no export but the one that it was sealed for, to whom that names', async () => {
    const call = exported()
    // Let in, suspended, listed: none of these is an export, whatever the daemon asks with them.
    for (const other of [
      suspend,
      callOf(walletOperations.listWallets, {}),
      callOf(walletOperations.createWallet, { name: 'a' }),
    ])
      await expect(keys.export(wallet, await asked(other), OPTIONS)).rejects.toMatchObject(
        refusedFor('does not ask for this'),
      )
    const { sealed } = await asked(call)
    const theirs = makeSealingKeyPair()
    const swapped = exported({ sealTo: theirs.publicKey }).body!
    await expect(keys.export(wallet, { sealed, body: swapped }, OPTIONS)).rejects.toMatchObject(
      refusedFor('another body'),
    )
    await expect(keys.export(wallet, await asked(exported({ sealTo: undefined })), OPTIONS)).rejects.toMatchObject(
      refusedFor('sealTo'),
    )
    // Whatever the daemon takes a name for: the key of no other address leaves.
    const other = await keys.create('other', 'ethereum')
    await expect(keys.export(other, await asked(call), OPTIONS)).rejects.toMatchObject(refusedFor('another address'))
    await expect(keys.export(wallet, await asked(exported({ address: undefined })), OPTIONS)).rejects.toMatchObject(
      refusedFor('another address'),
    )
    await expect(keys.export(wallet, await asked(call, 'a guess'), OPTIONS)).rejects.toMatchObject(wrong)
    // What the daemon says beside it counts for nothing: the answer goes to whom the call names.
    const shown = { sealed, body: call.body! }
    const answer = await keys.export(wallet, shown, {
      format: 'keystore-v3',
      password: 'mine',
      recipient: theirs.publicKey,
    })
    expect(answer).toEqual({ sealed: expect.any(String) })
    const text = 'sealed' in answer ? answer.sealed : ''
    expect(() => openExport(theirs, text)).toThrow()
    expect(openExport(mine, text)).toMatch(/^0x[0-9a-f]{64}$/)
    await expect(keys.export(wallet, shown, OPTIONS)).rejects.toMatchObject(refusedFor('it was used before'))
  })

  test('sets no master password but the one that the operator has sealed with it', async () => {
    const change = async (next: string) => {
      const sealedPassword = await sealNewPassword(signer.publicKey, next)
      return callOf(adminOperations.changeMasterPassword, { sealedPassword })
    }
    const call = await change('the next one')
    const theirs = await change('one of the attacker')
    const { sealed } = await asked(call)
    await expect(keys.rewrap({ sealed, body: theirs.body! })).rejects.toMatchObject(refusedFor('another body'))
    await expect(keys.rewrap(await asked(suspend), 'one of the attacker')).rejects.toMatchObject(
      refusedFor('does not ask for this'),
    )
    const open = callOf(adminOperations.changeMasterPassword, { newPassword: 'read by the daemon' })
    await expect(keys.rewrap(await asked(open), 'one of the attacker')).rejects.toMatchObject(
      refusedFor('sealedPassword'),
    )
    await expect(keys.rewrap(await asked(await change('short')))).rejects.toMatchObject(
      refusedFor('8 to 1000 characters'),
    )
    const row = await keys.rewrap({ sealed, body: call.body! }, 'one of the attacker')
    expect(await keys.verify('the next one', row)).toBe(true)
    expect(await keys.verify('one of the attacker', row)).toBe(false)
    await keys.rewrap('the next one', password)
  })
})

describe('a ceiling under a sealed password', () => {
  const most = { transaction: '100', day: '250' }
  const on = (native: Ceiling['chains'][string]['native']): Ceiling => ({
    chains: { 'eip155:1': { native, fee: '50', tokens: {}, otherTokens: false, contracts: [], deploys: false } },
    recipients: [],
  })
  const ceilingIn = ({ text }: Sealed): Ceiling => JSON.parse(text).ceiling
  async function bounded() {
    const key = await keys.create(crypto.randomUUID(), 'ethereum')
    return { address: key.address, now: await keys.firstCeiling({ address: key.address, next: on(most) }) }
  }
  const raise = (exact: Record<string, unknown> | undefined): Call =>
    callOf(ceilingOperations.changeWalletCeiling, { id: 'shop', ...(exact && { exact }) })
  const unbounded = on({ transaction: '9'.repeat(30), day: '9'.repeat(30) })

  test('rises by what the operator has said of it, and nothing that the daemon adds', async () => {
    const { address, now } = await bounded()
    const call = raise({ address, chain: 'eip155:1', day: '300' })
    const sealed = await keys.changeCeiling({ address, now, next: unbounded }, await asked(call))
    expect(ceilingIn(sealed)).toMatchObject(on({ transaction: '100', day: '300' }))
    const token = raise({ address, chain: 'eip155:1', token: `0x${'a'.repeat(40)}`, transaction: '7' })
    const listed = await keys.changeCeiling({ address, now: sealed, next: unbounded }, await asked(token))
    expect(ceilingIn(listed).chains['eip155:1']).toMatchObject({
      native: { transaction: '100', day: '300' },
      tokens: { [`0x${'a'.repeat(40)}`]: { transaction: '7', day: '7' } },
    })
  })

  test('is made anew as the operator was shown it, with nothing from before and nothing that the daemon adds', async () => {
    const { address, now } = await bounded()
    const chains = { 'eip155:10': on({ transaction: '7', day: '8' }).chains['eip155:1']! }
    const sealed = await keys.changeCeiling({ address, now, next: unbounded }, await asked(raise({ address, chains })))
    expect(ceilingIn(sealed)).toEqual({ chains, recipients: [] })
  })

  test('rises for no other wallet, by no other call, not twice, and not where the operator left the change to the daemon', async () => {
    const { address, now } = await bounded()
    const other = await bounded()
    const exact = { address, chain: 'eip155:1', day: '300' }
    const change = async (call: Call, of = { address, now }, body = call.body ?? '') =>
      keys.changeCeiling({ ...of, next: unbounded }, { sealed: await seal(call), body })
    await expect(change(raise(exact), other)).rejects.toMatchObject(refusedFor('another address'))
    await expect(change(raise(undefined))).rejects.toMatchObject(refusedFor('in base units'))
    await expect(change(suspend)).rejects.toMatchObject(refusedFor('does not ask for this'))
    await expect(change(exported())).rejects.toMatchObject(refusedFor('does not ask for this'))
    const more = raise({ ...exact, day: '301' }).body
    await expect(change(raise(exact), undefined, more)).rejects.toMatchObject(refusedFor('another body'))
    for (const odd of [
      { ...exact, day: -1 },
      { ...exact, chain: '__proto__' },
      { ...exact, recipients: 'all' },
      { ...exact, token: 'x' },
      { ...exact, chains: { 'eip155:1': 'all' } },
      { ...exact, chains: { ...unbounded.chains, nowhere: unbounded.chains['eip155:1'] } },
    ])
      await expect(change(raise(odd))).rejects.toMatchObject({ code: 'SIGN_REFUSED' })
    const once = await asked(raise(exact))
    await keys.changeCeiling({ address, now, next: unbounded }, once)
    await expect(keys.changeCeiling({ address, now, next: unbounded }, once)).rejects.toMatchObject(
      refusedFor('used before'),
    )
    // Nor is a word that all is known a word that more may be signed.
    const confirm = callOf(walletOperations.confirmSpends, { id: 'shop' })
    const kept = await keys.changeCeiling(
      { address: other.address, now: other.now, next: unbounded },
      await asked(confirm),
    )
    expect(ceilingIn(kept)).toEqual(on(most))
  })

  test('begins within bounds for a wallet of main networks, and wide for tests alone', async () => {
    const wide = { native: { transaction: '9'.repeat(30), day: '9'.repeat(30) }, fee: '9'.repeat(20) }
    const solana: Ceiling = {
      chains: { solana: { ...wide, tokens: {}, otherTokens: true, contracts: [] } },
      recipients: [],
    }
    const first = async (next: Ceiling, input: Record<string, unknown>, from = 'made') => {
      const key =
        from === 'made'
          ? await keys.create(crypto.randomUUID(), 'solana')
          : await keys.import(crypto.randomUUID(), 'ethereum', {
              kind: 'private-key',
              text: randomBytes(32).toString('hex'),
            })
      return keys.firstCeiling(
        { address: key.address, next },
        await asked(callOf(walletOperations.createWallet, input)),
      )
    }
    const test = { name: 'play', chain: 'solana', environment: 'testnet' }
    expect(ceilingIn(await first(solana, test))).toEqual(solana)
    await expect(first(solana, { ...test, environment: 'mainnet' })).rejects.toMatchObject(wrong)
    await expect(first(solana, test, 'imported')).rejects.toMatchObject(wrong)
    await expect(first(unbounded, test)).rejects.toMatchObject(wrong)
  })
})

describe('an approval above a ceiling under a sealed password', () => {
  const native = { transaction: '100', day: '250' }
  const CEILING: Ceiling = {
    chains: { 'eip155:1': { native, fee: '50000', tokens: {}, otherTokens: false, contracts: [] } },
    recipients: [],
  }
  async function bounded() {
    const key = await keys.create(crypto.randomUUID(), 'ethereum')
    return { key, ceiling: await keys.firstCeiling({ address: key.address, next: CEILING }) }
  }
  const approve = (input: Record<string, unknown>): Call =>
    callOf(transactionOperations.adminApproveTransaction, { id: newId(), ...input })
  const payment = (sender: string, amount = '900'): Payment => ({
    ...{ chain: 'eip155:1', sender, moves: [{ asset: 'native', amount, to: RECIPIENT }] },
    ...{ call: null, codeHash: null, memos: [], fee: '21000' },
  })
  const pay = (value: bigint, nonce: number) => evmPayment({ chainId: 1, nonce, value, price: 1n })

  test('is for the payment that the operator has sealed, and nothing that the daemon adds', async () => {
    const { key, ceiling } = await bounded()
    const { address } = key
    const call = approve({ overCeiling: true, payment: payment(address), hours: 2 })
    const wanted = { address, ceiling, payment: payment(address, '1000000'), hours: 168 }
    const swapped = approve({ overCeiling: true, payment: payment(address, '1000000') }).body!
    const { sealed } = await asked(call)
    await expect(keys.lift(wanted, { sealed, body: swapped })).rejects.toMatchObject(refusedFor('another body'))
    const lift = await keys.lift(wanted, { sealed, body: call.body! })
    expect(lift.until - Date.now()).toBeLessThanOrEqual(2 * 3_600_000)
    const proofs = [{ type: 'password' as const, text: lift.text, seal: lift.seal }]
    const signs = async (value: bigint) => {
      const request = pay(value, 1)
      const authorisation = { ...request.authorisation, proofs }
      const { results } = await keys.sign({ key, ceiling, lane: 'lane', requests: [{ ...request, authorisation }] })
      return results[0]!.code ?? 'signed'
    }
    expect([await signs(1_000_000n), await signs(900n)]).toEqual(['CEILING_EXCEEDED', 'signed'])
    await expect(keys.lift(wanted, { sealed, body: call.body! })).rejects.toMatchObject(refusedFor('used before'))
  })

  test('comes of no other call, of none without the payment, and of no wrong password', async () => {
    const { key, ceiling } = await bounded()
    const wanted = { address: key.address, ceiling, payment: payment(key.address) }
    const whole = { overCeiling: true, payment: wanted.payment }
    for (const call of [suspend, exported(), callOf(ceilingOperations.changeWalletCeiling, { id: 'shop' })])
      await expect(keys.lift(wanted, await asked(call))).rejects.toMatchObject(refusedFor('does not ask for this'))
    for (const more of [{}, { overCeiling: true }, { ...whole, overCeiling: false }])
      await expect(keys.lift(wanted, await asked(approve(more)))).rejects.toMatchObject(refusedFor('(payment)'))
    await expect(keys.lift(wanted, await asked(approve(whole), 'a guess'))).rejects.toMatchObject(wrong)
    const other = await bounded()
    const elsewhere = { address: other.key.address, ceiling: other.ceiling }
    await expect(keys.lift(elsewhere, await asked(approve(whole)))).rejects.toMatchObject({ code: 'SIGN_REFUSED' })
    // Nor does the call lift anything but a ceiling.
    await expect(keys.export(wallet, await asked(approve(whole)), OPTIONS)).rejects.toMatchObject(
      refusedFor('does not ask for this'),
    )
  })

  test('is no envelope, and an envelope is no approval', async () => {
    const { key, ceiling } = await bounded()
    const call = approve({ overCeiling: true, payment: payment(key.address) })
    const sealed = await seal(call)
    const request = pay(900n, 1)
    const withProof = (text: string, sealOf: string) => ({
      ...request,
      authorisation: { ...request.authorisation, proofs: [{ type: 'password' as const, text, seal: sealOf }] },
    })
    const requests = [withProof(sealed, ceiling.seal), withProof(call.body!, sealed)]
    const { results } = await keys.sign({ key, ceiling, lane: 'lane', requests })
    expect(results).toMatchObject([{ code: 'KEY_ROW_CORRUPT' }, { code: 'KEY_ROW_CORRUPT' }])
    const lift = await keys.lift({ address: key.address, ceiling }, { sealed, body: call.body! })
    for (const text of [lift.text, lift.seal, Buffer.from(lift.text).toString('base64')]) {
      await expect(verified(text, call)).rejects.toMatchObject({ code: 'PROOF_REFUSED' })
      expect(text).not.toContain(password)
    }
  })
})

test('whatever is handed over as a sealed password is refused with a reason', async () => {
  const body = fc.oneof(
    fc.string(),
    fc.base64String({ maxLength: 400 }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  )
  const inside = fc.json().map((text) => sealBytes(signer.publicKey, 'master-proof', Buffer.from(text)))
  const anything = fc.oneof(
    body,
    inside,
    fc.anything().map((value) => value as string),
  )
  await fc.assert(
    fc.asyncProperty(anything, async (sealed) => {
      await expect(verified(sealed, suspend)).rejects.toMatchObject({ code: 'PROOF_REFUSED' })
      await expect(keys.export(wallet, { sealed, body: '' }, OPTIONS)).rejects.toMatchObject({ code: 'PROOF_REFUSED' })
    }),
    { numRuns: 150 },
  )
})

test('the key is that of the keyring: the same after each start, when what was sealed before is good no more', async () => {
  const before = await seal(suspend)
  await keys.restart()
  await expect(keys.sealingKey()).rejects.toMatchObject({ code: 'KEYSTORE_LOCKED' })
  await expect(verified(before, suspend)).rejects.toMatchObject({ code: 'KEYSTORE_LOCKED' })
  await keys.unlock(password, keyring)
  const after = await keys.sealingKey()
  expect(after.publicKey).toBe(signer.publicKey)
  expect(after.instance).not.toBe(signer.instance)
  await expect(verified(before, suspend)).rejects.toMatchObject(refusedFor('repeat the call'))
  signer = after
  expect(await verified(await seal(suspend), suspend)).toMatchObject({ isRight: true })
})

describe('over HTTP', () => {
  afterAll(cleanUp)

  test('a sealed password that was listened to lets nothing in again, nor another call or body', async () => {
    const { url, dataDir } = await startProvisioned(CHEAP)
    const masterPassword = readFileSync(join(dataDir, 'recovery.key'), 'utf8').trim()
    const its = await new WAIaaSClient({ baseUrl: url }).getSealingKey()
    const proofOf = (call: Call, given = masterPassword) => sealMasterProof(its, { password: given, call })
    const send = async ({ method, path, body }: Call, proof: string) => {
      const headers = { 'x-master-proof': proof, 'content-type': 'application/json' }
      const answer = await fetch(`${url}${path}`, { method, headers, ...(body !== undefined && { body }) })
      const { code, items } = (await answer.json()) as { code?: string; items?: { name: string }[] }
      return code ?? items?.map(({ name }) => name) ?? answer.status
    }
    const list = callOf(walletOperations.listWallets, { limit: 5 })
    const create = (name: string) => callOf(walletOperations.createWallet, { name })
    const refused = 'MASTER_PROOF_REFUSED'
    const proof = await proofOf(create('one'))
    expect(await send(create('one'), proof)).toBe(201)
    expect(await send(create('one'), proof)).toBe(refused)
    expect(await send(create('two'), await proofOf(create('one')))).toBe(refused)
    // What the signer does not guard, either.
    const rename = (name: string) => callOf(walletOperations.renameWallet, { id: 'one', name })
    expect(await send(rename('two'), await proofOf(rename('three')))).toBe(refused)
    expect(await send(list, await proofOf(create('one')))).toBe(refused)
    expect(await send({ ...list, path: '/v1/wallets?limit=6' }, await proofOf(list))).toBe(refused)
    expect(await send(list, 'junk')).toBe(refused)
    expect(await send(list, await proofOf(list, 'a guess'))).toBe('INVALID_MASTER_PASSWORD')
    expect(await send(list, await proofOf(list))).toEqual(['one'])
    const export_ = callOf(walletOperations.exportWallet, { id: 'one', format: 'private-key' })
    expect(await send(export_, await proofOf(export_))).toBe('ACTION_VALIDATION_FAILED')
  })
})
