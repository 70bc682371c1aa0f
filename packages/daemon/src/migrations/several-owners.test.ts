import { newId } from '@waiaas/contract'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { ownerOf } from '../owners/service.ts'
import { ownerStore } from '../owners/store.ts'
import { migrations } from './all.ts'

forEachEngine((_, open, fresh) => {
  test('an owner of before is one whose word suffices, with the passkeys and what was signed', async () => {
    const location = await fresh('empty')
    const old = await open(
      migrations.filter(({ id }) => id < 61),
      location,
    )
    const [wallet, owner, credential, passkey] = [newId(), newId(), newId(), newId()]
    const before = [
      sql`insert into wallets (id, name, chain, environment, address, status, created_at, updated_at)
        values (${wallet}, 'mine', 'ethereum', 'testnet', '0xmine', 'ACTIVE', 1, 1)`,
      sql`insert into owners (id, wallet_id, created_at, verified_at, replaces) values (${owner}, ${wallet}, 2, 3, null)`,
      sql`insert into owner_credentials (id, owner_id, kind, address, network, created_at)
        values (${credential}, ${owner}, 'key', '0xowner', null, 2)`,
      sql`insert into owner_passkeys (id, owner_id, credential_id, public_key, rp_id, sign_count, created_at)
        values (${passkey}, ${owner}, 'abc', 'xy', 'wallets.example.org', 7, 4)`,
      sql`insert into owner_consents (nonce, action, subject, digest, wallet_id, owner_id, address, network, message, signature, at)
        values ('nonce', 'approve', 'payment', 'digest', ${wallet}, ${owner}, '0xowner', null, 'text', '0x00', 5),
          ('other', 'approve', 'payment', 'digest', ${wallet}, ${owner}, 'passkey:abc', null, 'text', '0x00', 6)`,
    ]
    for (const each of before) await old.work({}, (db) => db.query(() => each))
    await old.close()
    const database = await open(migrations, location)
    const { state, needed, owners } = await database.read((db) => ownerOf(db, wallet))
    expect({ state, needed }).toEqual({ state: 'LOCKED', needed: 1 })
    expect(owners).toMatchObject([{ id: owner, address: '0xowner', verifiedAt: 3 }])
    expect(owners[0]!.credentials.map(({ id, kind, address }) => ({ id, kind, address }))).toEqual([
      { id: credential, kind: 'key', address: '0xowner' },
      { id: passkey, kind: 'passkey', address: 'passkey:abc' },
    ])
    expect(await database.read((db) => ownerStore.passkeyAt(db, 'passkey:abc'))).toMatchObject({
      ...{ wallet_id: wallet, public_key: 'xy', rp_id: 'wallets.example.org', sign_count: 7 },
    })
    // It was used up then, and counts for nothing that comes later.
    const said = await database.read((db) => ownerStore.consentsOn(db, 'payment', 'approve'))
    expect(said).toMatchObject([
      { nonce: 'nonce', spent_at: 5, public_key: null, rp_id: null, needed: null },
      { nonce: 'other', spent_at: 6, public_key: 'xy', rp_id: 'wallets.example.org', needed: null },
    ])
  })
})
