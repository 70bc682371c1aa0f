import {
  Failure,
  invalidField,
  MOST_PASSKEYS,
  type Output,
  PASSKEY_PREFIX,
  type Parsed,
  type passkeyOperations,
} from '@waiaas/contract'
import type { By, OwnerSignature } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import { needWallet, type WalletRow } from '../wallets/service.ts'
import type { Subject } from './actions.ts'
import { type ChangeParts, unlessMissing } from './changes.ts'
import { agree, type ConsentParts, ownerOf, type Wanted } from './consents.ts'
import { takeAway } from './leaving.ts'
import { ofWallet, passkeyRow } from './naming.ts'
import { type Credential, isEnough, type Ownership, type Person, staysOwner } from './rules.ts'
import { ownerStore } from './store.ts'
import { challengeOf, madePasskey, type Passkey, type RelyingParty } from './webauthn.ts'

type Operations = typeof passkeyOperations
type Answer<Name extends keyof Operations> = Output<Operations[Name]>
type Made = Parsed<Operations['addPasskey']>
export type PasskeyParts = ChangeParts & {
  /** Whose the passkeys of the daemon's page are; undefined where browsers make none. */
  relyingParty(): RelyingParty | undefined
}
type Asking = {
  challenge(
    wanted: Wanted,
    ownership: Ownership,
    asked: { origin: string; by?: string | undefined },
  ): Promise<Answer<'getPasskeyChallenge'>>
}

/** Failure PASSKEYS_UNAVAILABLE. */
export function needParty({ relyingParty }: Pick<PasskeyParts, 'relyingParty'>): RelyingParty {
  const party = relyingParty()
  if (party) return party
  throw new Failure('PASSKEYS_UNAVAILABLE', 'browsers make passkeys for https addresses and http://localhost alone')
}

/** Passkeys of the owners of a wallet: each is added by what as many owners sign for that very key as have to agree. */
export function ownerPasskeys(parts: PasskeyParts, consents: ConsentParts, { challenge }: Asking) {
  const { database, clock, audit } = parts

  /** Whose wallet it is, and the passkey that is to be an owner's: of the only one, or of the one who is named. */
  async function made(db: Handle, { id, ownerId, ...answer }: Made) {
    const wallet = await needWallet(db, id)
    const ownership = await needOwner(db, id)
    const party = needParty(parts)
    const passkey = madePasskey(party, bytesOf(answer), makingOf(id))
    const person = personOf(ownership, ownerId)
    const wanted: Wanted = { wallet, action: 'add-credential', subject: adding(wallet, person, { party, passkey }) }
    return { ownership, party, passkey, person, wanted }
  }

  return {
    passkeyOptions: (id: string): Promise<Answer<'getPasskeyOptions'>> =>
      database.read(async (db) => {
        await needWallet(db, id)
        await needOwner(db, id)
        return optionsOf(needParty(parts), makingOf(id))
      }),

    async passkeyChallenge({ signer, ...input }: Made & { signer?: string | undefined }, origin: string) {
      const { wanted, ownership } = await database.read((db) => made(db, input))
      return challenge(wanted, ownership, { origin, by: signer })
    },

    async addPasskey(input: Made, signed: OwnerSignature): Promise<Answer<'addPasskey'>> {
      const added = await database.work({ exclusive: [`wallet:${input.id}`] }, async (db) => {
        const { wanted, party, passkey, person } = await made(db, input)
        const { standing } = await agree(db, { parts: consents, wanted }, signed)
        if (!isEnough(standing)) return standing
        if (passkeysOf(person).length >= MOST_PASSKEYS)
          throw new Failure('PASSKEY_LIMIT_REACHED', `an owner has at most ${MOST_PASSKEYS} passkeys`)
        await requireNew(db, passkey)
        const row = passkeyRow(party, passkey, { owner: person.id, at: clock.now() })
        await ownerStore.insertCredential(db, row)
        const by = { actor: `owner:${signed.address}`, ip: signed.ip } as const
        const details = { id: row.id, rpId: party.id, publicKey: passkey.publicKey }
        await audit.record(db, { event: 'OWNER_PASSKEY_ADDED', ...by, walletId: input.id, details })
        return view({ ...row, createdAt: row.created_at, rpId: party.id })
      })
      return unlessMissing(added)
    },

    listPasskeys: (id: string): Promise<Answer<'listPasskeys'>> =>
      database.read(async (db) => ({ passkeys: (await passkeysIn(db, id)).map(view) })),

    removePasskey: ({ id, passkeyId }: Parsed<Operations['removePasskey']>, by: By): Promise<Answer<'removePasskey'>> =>
      database.work({ exclusive: [`wallet:${id}`] }, async (db) => {
        const wallet = await needWallet(db, id)
        const isMeant = (one: Credential) => one.id === passkeyId
        const person = (await ownerOf(db, wallet.id)).owners.find((one) => passkeysOf(one).some(isMeant))
        const passkey = person && passkeysOf(person).find(isMeant)
        if (!passkey) throw new Failure('PASSKEY_NOT_FOUND', `no owner of wallet ${id} has a passkey ${passkeyId}`)
        // Else the operator would be rid of the owner.
        if (!staysOwner(person, passkey))
          throw invalidField('passkeyId', 'expected one of several passkeys: its owner has nothing else to sign with')
        await takeAway(parts, db, { walletId: id, credentials: [passkey] })
        const details = { id: passkey.id, rpId: passkey.rpId!, publicKey: passkey.publicKey! }
        await audit.record(db, { event: 'OWNER_PASSKEY_REMOVED', ...by, walletId: id, details })
        return view(passkey)
      }),
  }
}

/** Failure PASSKEY_EXISTS. */
export async function requireNew(db: Handle, { credentialId }: Pick<Passkey, 'credentialId'>): Promise<void> {
  if (await ownerStore.passkeyAt(db, `${PASSKEY_PREFIX}${credentialId}`))
    throw new Failure('PASSKEY_EXISTS', 'this passkey is the one of an owner already')
}

/** What a page makes a passkey with. */
export const optionsOf = ({ id: rpId, origin }: RelyingParty, challenge: string): Answer<'getPasskeyOptions'> => ({
  ...{ rpId, origin, challenge, algorithms: [-7] },
})

async function needOwner(db: Handle, walletId: string): Promise<Ownership> {
  const ownership = await ownerOf(db, walletId)
  if (ownership.state === 'NONE') throw new Failure('OWNER_NOT_CONNECTED', `wallet ${walletId} has no owner`)
  return ownership
}

export function personOf({ owners }: Ownership, ownerId: string | undefined): Person {
  const [only, ...others] = owners
  const person = ownerId === undefined ? only : owners.find(({ id }) => id === ownerId)
  if (ownerId === undefined && others.length > 0)
    throw invalidField('ownerId', 'expected whose passkey it is to be: this wallet has several owners')
  if (!person) throw invalidField('ownerId', 'expected the id of an owner of this wallet')
  if (person.verifiedAt === null) throw new Failure('OWNER_CONSENT_REQUIRED', 'the owner has to verify first')
  return person
}

const passkeysOf = ({ credentials }: Person): Credential[] => credentials.filter(({ kind }) => kind === 'passkey')

async function passkeysIn(db: Handle, walletId: string): Promise<Credential[]> {
  await needWallet(db, walletId)
  return (await ownerOf(db, walletId)).owners.flatMap(passkeysOf)
}

/** What a passkey is made for. It need not be new: what the owner signs for it is good once. */
const makingOf = (walletId: string): string => challengeOf(`add-credential ${walletId}`)

/** What owners agree to: this key, of this page, for this owner of this wallet. */
function adding(
  wallet: WalletRow,
  person: Person,
  { party: { id: rpId }, passkey: { credentialId, publicKey } }: { party: RelyingParty; passkey: Passkey },
): Subject {
  const { id, words } = ofWallet(wallet)
  return {
    id,
    digest: sha256(JSON.stringify([id, person.id, rpId, credentialId, publicKey])),
    words: `a passkey of ${rpId} with the key ${sha256(publicKey).slice(0, 16)}, of the owner ${person.address}, for ${words}`,
  }
}

/** What a browser has made. */
export const bytesOf = ({ authenticatorData, clientDataJSON }: Omit<Made, 'id' | 'ownerId'>) => ({
  authenticatorData: Buffer.from(authenticatorData, 'base64url'),
  clientDataJSON: Buffer.from(clientDataJSON, 'base64url'),
})

const view = ({ id, address, rpId, createdAt }: Pick<Credential, 'id' | 'address' | 'rpId' | 'createdAt'>) => ({
  ...{ id, credentialId: address.slice(PASSKEY_PREFIX.length), rpId: rpId! },
  createdAt: seconds(createdAt),
})
