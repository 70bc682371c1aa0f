import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MASTER_PASSWORD, openBed, operator, removeFoldersAfterEach } from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { type CeilingText, type KeyRow, type KeyringRow, type Keys, startKeys } from '../keys/service.ts'
import { encryptSecret } from '../keys/signer/box.ts'
import { Guarded } from '../keys/signer/guarded.ts'
import { associatedData } from '../keys/signer/key-rows.ts'
import { createKeyring, type Keyring } from '../keys/signer/keyring.ts'
import { ceilingStore } from './ceiling-store.ts'
import { storedKey } from './key-rows.ts'
import { walletStore } from './store.ts'

removeFoldersAfterEach()

let keys: Keys
let keyring: Keyring
let row: KeyringRow
beforeAll(async () => {
  const made = await createKeyring(Buffer.from(MASTER_PASSWORD))
  keyring = made.keyring
  row = made.row
  keys = await startKeys()
  await keys.unlock(MASTER_PASSWORD, row)
})
afterAll(() => keys.stop())

/** A row as it was written before keys had ceilings. */
function oldRow(row: KeyRow): KeyRow {
  const box = encryptSecret(keyring.walletKeys, Guarded.taken(randomBytes(32)), associatedData(row))
  return { ...row, ciphertext: box.toString('base64') }
}

forEachEngine((_engine, open) => {
  test('a wallet of before gets a bounded ceiling once, whatever its policies say by then; a wallet of now none', async () => {
    const { wallets, policies, database, createWallet, evidence } = await openBed(open, { keys })
    const [old, now] = [
      await createWallet({ name: 'old', chain: 'solana', environment: 'testnet', defaultPolicy: false }),
      await createWallet({ name: 'now' }),
    ]
    await database.work({ exclusive: [`wallet:${old.id}`] }, async (db) => {
      const { wallet_id: walletId, ...key } = (await walletStore.key(db, old.id))!
      await walletStore.deleteKey(db, old.id)
      await walletStore.insertKey(db, storedKey(oldRow({ walletId, ...key })))
    })
    const rules = { daily_limit_usd: 50_000_000, max_fee_usd: 1_000_000 }
    await policies.create({ walletId: old.id, type: 'SPENDING_LIMIT', rules, priority: 0, enabled: true })
    const remove = () =>
      database.work({}, (db) => db.query((kysely) => kysely.deleteFrom('ceilings').returning('wallet_id')))
    const ceilingOf = (id: string) => database.read((db) => ceilingStore.byWallet(db, id))

    await remove()
    await keys.restart()
    await keys.unlock(MASTER_PASSWORD, row)
    await wallets.ceilings.makeMissing(MASTER_PASSWORD)
    const { ceiling }: CeilingText = JSON.parse((await ceilingOf(old.id))!.text)
    // Where its key has been nobody knows: a real one on every cluster, and no more than the built-in price says.
    expect(ceiling.chains.solana).toMatchObject({ native: { day: '66666666666' }, otherTokens: false })
    expect(await ceilingOf(now.id)).toBeUndefined()
    expect(await wallets.ceilings.watch.read()).toEqual([expect.stringContaining('wallet now has no ceiling')])
    expect(await evidence('WALLET_CEILING_CHANGED')).toHaveLength(1)

    await remove()
    await wallets.ceilings.makeMissing(MASTER_PASSWORD)
    expect(await ceilingOf(old.id)).toBeUndefined()
    await wallets.ceilings.change({ id: old.id, fromPolicies: true }, { by: operator, shown: MASTER_PASSWORD })
    const raised: CeilingText = JSON.parse((await ceilingOf(old.id))!.text)
    expect(BigInt(raised.ceiling.chains.solana!.native.day)).toBeGreaterThan(66_666_666_666n)
  })
})
