import {
  Failure,
  invalidField,
  newId,
  type Output,
  type ownerOperations,
  type ownerSetOperations,
  type Parsed,
} from '@waiaas/contract'
import type { By, OwnerSignature } from '../platform/caller.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import { needLiveWallet, type WalletRow } from '../wallets/service.ts'
import type { Subject } from './actions.ts'
import { type ChangeParts, unlessMissing } from './changes.ts'
import { agree, type ConsentParts, ownerOf, type Wanted } from './consents.ts'
import { takeAway } from './leaving.ts'
import { type Named, namedOwner, ofWallet, requireNobodys } from './naming.ts'
import { personOf } from './passkeys.ts'
import { isEnough, type Person, staysOwner } from './rules.ts'
import { ownerStore } from './store.ts'
import { ownerView } from './views.ts'

type Operations = typeof ownerOperations & typeof ownerSetOperations
type View = Output<Operations['getOwner']>
type Adding = Parsed<Operations['addOwnerWallet']>

/** More are more than somebody oversees. */
const MOST_WALLETS = 10

/** More wallets of one owner, each of which signs for that owner: when one is lost there is another. */
export function secondWallets(parts: ChangeParts, consents: ConsentParts) {
  const { clock, audit } = parts
  const database: Database = parts.database
  const viewed = async (db: Handle, wallet: WalletRow): Promise<View> =>
    ownerView(parts.networks(), wallet, await ownerOf(db, wallet.id))

  /** Failures of an address, and OWNER_ALREADY_CONNECTED where it is an owner's already. */
  async function wantedOf(db: Handle, { id, ownerId, ownerAddress, network }: Adding) {
    const wallet = await needLiveWallet(db, id)
    const named = await namedOwner(parts, db, { wallet, ownerAddress, network })
    const ownership = await ownerOf(db, id)
    if (ownership.state === 'NONE') throw new Failure('OWNER_NOT_CONNECTED', `wallet ${id} has no owner`)
    requireNobodys(ownership, named)
    const person = personOf(ownership, ownerId)
    const wanted: Wanted = { wallet, action: 'add-credential', subject: adding(wallet, person, named) }
    return { wallet, named, ownership, person, wanted }
  }

  return {
    wantedOf,

    /** It signs for its owner once it has verified. As many owners have to agree as for all that takes an owner. */
    async addWallet(input: Adding, signed: OwnerSignature): Promise<View> {
      const added = await database.work({ exclusive: [`wallet:${input.id}`] }, async (db) => {
        const { wallet, named, person, wanted } = await wantedOf(db, input)
        const { standing } = await agree(db, { parts: consents, wanted }, signed)
        if (!isEnough(standing)) return standing
        if (walletsOf(person).length >= MOST_WALLETS)
          throw invalidField('ownerAddress', `expected an owner of less than ${MOST_WALLETS} wallets`)
        await ownerStore.insertCredential(db, {
          ...{
            id: newId(clock.now()),
            owner_id: person.id,
            kind: named.network === null ? 'key' : 'contract',
            ...named,
          },
          ...{ created_at: clock.now(), public_key: null, rp_id: null, sign_count: null, proven: 0 },
        })
        const by = { actor: `owner:${signed.address}`, ip: signed.ip } as const
        const details = { ...named, owner: person.address }
        await audit.record(db, { event: 'OWNER_WALLET_ADDED', ...by, walletId: wallet.id, details })
        return viewed(db, wallet)
      })
      return unlessMissing(added)
    },

    /** A lost one, for one. The owner keeps what else signs for them, a wallet among it. */
    dropWallet: ({ id, credentialId }: Parsed<Operations['dropOwnerWallet']>, by: By): Promise<View> =>
      database.work({ exclusive: [`wallet:${id}`] }, async (db) => {
        const wallet = await needLiveWallet(db, id)
        const { owners } = await ownerOf(db, id)
        const person = owners.find((one) => walletsOf(one).some((each) => each.id === credentialId))
        const found = person && walletsOf(person).find((each) => each.id === credentialId)
        if (!found) throw new Failure('OWNER_NOT_CONNECTED', `no owner of wallet ${id} has a wallet ${credentialId}`)
        // Else there would be nowhere to withdraw to, and nobody who signs.
        if (!staysOwner(person, found))
          throw invalidField(
            'credentialId',
            'expected a wallet without which its owner still has one that has verified',
          )
        await takeAway(parts, db, { walletId: id, credentials: [found] })
        const details = { address: found.address, network: found.network, owner: person.address }
        await audit.record(db, { event: 'OWNER_WALLET_DROPPED', ...by, walletId: id, details })
        return viewed(db, wallet)
      }),
  }
}

const walletsOf = ({ credentials }: Person) => credentials.filter(({ kind }) => kind !== 'passkey')

/** What owners agree to: this address, for this owner of this wallet. */
function adding(wallet: WalletRow, person: Person, { address, network }: Named): Subject {
  const { id, words } = ofWallet(wallet)
  const place = network === null ? '' : `, a contract on ${network},`
  return {
    id,
    digest: sha256(JSON.stringify([id, person.id, address, network])),
    words: `the wallet ${address}${place} of the owner ${person.address}, for ${words}`,
  }
}
