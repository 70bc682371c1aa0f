import { Failure, MOST_PASSKEYS, newId, type Output, type Parsed, type passkeyOperations } from '@waiaas/contract'
import type { By, OwnerSignature } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import { needWallet, type WalletRow } from '../wallets/service.ts'
import type { Subject } from './actions.ts'
import type { ChangeParts } from './changes.ts'
import { type ConsentParts, ownerOf, takeConsent, type Wanted } from './consents.ts'
import { ofWallet } from './naming.ts'
import { type PasskeyRow, passkeyStore } from './passkey-store.ts'
import type { Ownership } from './rules.ts'
import { challengeOf, madePasskey, type Passkey, type RelyingParty } from './webauthn.ts'

type Operations = typeof passkeyOperations
type Answer<Name extends keyof Operations> = Output<Operations[Name]>
type Made = Parsed<Operations['addPasskey']>
export type PasskeyParts = ChangeParts & {
  /** Whose the passkeys of the daemon's page are; undefined where browsers make none. */
  relyingParty(): RelyingParty | undefined
}
type Asking = {
  challenge(wanted: Wanted, ownership: Ownership, origin: string): Promise<Answer<'getPasskeyChallenge'>>
}

/** Failure PASSKEYS_UNAVAILABLE. */
function needParty({ relyingParty }: PasskeyParts): RelyingParty {
  const party = relyingParty()
  if (party) return party
  throw new Failure('PASSKEYS_UNAVAILABLE', 'browsers make passkeys for https addresses and http://localhost alone')
}

/** Passkeys of the owner of a wallet: each is added by what the owner signs for that very key. */
export function ownerPasskeys(parts: PasskeyParts, consents: ConsentParts, { challenge }: Asking) {
  const { database, clock, audit } = parts

  /** Whose wallet it is, and the passkey that is to be the owner's. */
  async function made(db: Handle, { id, ...answer }: Made) {
    const wallet = await needWallet(db, id)
    const ownership = await needOwner(db, id)
    const party = needParty(parts)
    const passkey = madePasskey(party, bytesOf(answer), makingOf(id))
    const wanted: Wanted = { wallet, action: 'add-credential', subject: adding(wallet, party, passkey) }
    return { ownership, party, passkey, wanted }
  }

  return {
    passkeyOptions: (id: string): Promise<Answer<'getPasskeyOptions'>> =>
      database.read(async (db) => {
        await needWallet(db, id)
        await needOwner(db, id)
        const { id: rpId, origin } = needParty(parts)
        return { rpId, origin, challenge: makingOf(id), algorithms: [-7] }
      }),

    async passkeyChallenge(input: Made, origin: string): Promise<Answer<'getPasskeyChallenge'>> {
      const { wanted, ownership } = await database.read((db) => made(db, input))
      return challenge(wanted, ownership, origin)
    },

    addPasskey: (input: Made, signed: OwnerSignature): Promise<Answer<'addPasskey'>> =>
      database.work({ exclusive: [`wallet:${input.id}`] }, async (db) => {
        const { wanted, party, passkey } = await made(db, input)
        const { owner_id } = await takeConsent(db, { parts: consents, wanted }, signed)
        if ((await passkeyStore.ofOwner(db, owner_id)).length >= MOST_PASSKEYS)
          throw new Failure('PASSKEY_LIMIT_REACHED', `an owner has at most ${MOST_PASSKEYS} passkeys`)
        const row = {
          ...{ id: newId(clock.now()), owner_id, rp_id: party.id, created_at: clock.now() },
          ...{ credential_id: passkey.credentialId, public_key: passkey.publicKey, sign_count: passkey.signCount },
        }
        if (!(await passkeyStore.insert(db, row)))
          throw new Failure('PASSKEY_EXISTS', 'this passkey is the one of an owner already')
        const by = { actor: `owner:${signed.address}`, ip: signed.ip } as const
        const details = { id: row.id, rpId: row.rp_id, publicKey: row.public_key }
        await audit.record(db, { event: 'OWNER_PASSKEY_ADDED', ...by, walletId: input.id, details })
        return view(row)
      }),

    listPasskeys: (id: string): Promise<Answer<'listPasskeys'>> =>
      database.read(async (db) => ({ passkeys: (await passkeysOf(db, id)).map(view) })),

    removePasskey: ({ id, passkeyId }: Parsed<Operations['removePasskey']>, by: By): Promise<Answer<'removePasskey'>> =>
      database.work({ exclusive: [`wallet:${id}`] }, async (db) => {
        const row = (await passkeysOf(db, id)).find((one) => one.id === passkeyId)
        if (!row) throw new Failure('PASSKEY_NOT_FOUND', `the owner of wallet ${id} has no passkey ${passkeyId}`)
        await passkeyStore.remove(db, row.id)
        const details = { id: row.id, rpId: row.rp_id, publicKey: row.public_key }
        await audit.record(db, { event: 'OWNER_PASSKEY_REMOVED', ...by, walletId: id, details })
        return view(row)
      }),
  }
}

async function needOwner(db: Handle, walletId: string): Promise<Ownership> {
  const ownership = await ownerOf(db, walletId)
  if (ownership.state === 'NONE') throw new Failure('OWNER_NOT_CONNECTED', `wallet ${walletId} has no owner`)
  return ownership
}

async function passkeysOf(db: Handle, walletId: string): Promise<PasskeyRow[]> {
  await needWallet(db, walletId)
  const { owner } = await ownerOf(db, walletId)
  return owner ? passkeyStore.ofOwner(db, owner.id) : []
}

/** What a passkey is made for. It need not be new: what the owner signs for it is good once. */
const makingOf = (walletId: string): string => challengeOf(`add-credential ${walletId}`)

/** What the owner agrees to: this key, of this page, for this wallet. */
function adding(wallet: WalletRow, { id: rpId }: RelyingParty, { credentialId, publicKey }: Passkey): Subject {
  const { id, words } = ofWallet(wallet)
  return {
    id,
    digest: sha256(JSON.stringify([id, rpId, credentialId, publicKey])),
    words: `a passkey of ${rpId} with the key ${sha256(publicKey).slice(0, 16)}, for ${words}`,
  }
}

const bytesOf = ({ authenticatorData, clientDataJSON }: Omit<Made, 'id'>) => ({
  authenticatorData: Buffer.from(authenticatorData, 'base64url'),
  clientDataJSON: Buffer.from(clientDataJSON, 'base64url'),
})

const view = ({ id, credential_id, rp_id, created_at }: PasskeyRow) => ({
  ...{ id, credentialId: credential_id, rpId: rp_id },
  createdAt: seconds(created_at),
})
