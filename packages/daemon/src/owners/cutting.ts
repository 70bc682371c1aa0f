import { Failure, familiesOf, invalidField, type Output, type ownerStopOperations, type Parsed } from '@waiaas/contract'
import { families } from '../chains/families.ts'
import type { OwnerSignature } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import { findWallet } from '../wallets/service.ts'
import type { ChangeParts } from './changes.ts'
import { type ConsentParts, ownerOf, takeConsent, type Wanted } from './consents.ts'
import { takeAway } from './leaving.ts'
import { isPasskey } from './passkey-signed.ts'
import { type Credential, mayAgree, type Ownership, type Person, unprovenOf } from './rules.ts'
import { ownerStore } from './store.ts'
import { forgetVoicesOf } from './voices.ts'

type Operations = typeof ownerStopOperations
type Cutting = Parsed<Operations['cutOffCredential']>
type Answer = Output<Operations['cutOffCredential']>
/** What is cut off, and what says so, which may be the same; of one owner of a wallet. */
type Found = { readonly person: Person; readonly lost: Credential; readonly by: Credential }

/**
 * An owner cuts off something that signs for them, alone and at once, in each wallet that it owns together with what says so.
 * Nobody else's word is needed, and nothing is let out by it: the number of owners who have to agree stays. What says so may
 * be what was stolen. So where one way to sign cuts off another one, neither counts until the operator has found out.
 */
export function cuttingOff(parts: ChangeParts, consents: ConsentParts) {
  const { database, clock, audit } = parts

  async function wantedOf(db: Handle, { walletId, credential }: Pick<Cutting, 'walletId' | 'credential'>) {
    const wallet = await findWallet(db, walletId)
    if (!wallet) throw new Failure('WALLET_NOT_FOUND', `no wallet ${walletId}`)
    const lost = addressOf(credential)
    const subject = {
      id: walletId,
      digest: sha256(JSON.stringify(['cut-off', walletId, lost])),
      // Whoever asks may be a stranger: it names what they did.
      words: `${lost} signs for its owner no more, in no wallet that it owns together with what signs this; as the owner of the wallet ${walletId}`,
    }
    return { wallet, action: 'cut-off', subject } satisfies Wanted
  }

  async function cut(db: Handle, walletId: string, { found: { person, lost, by }, signed }: Cut): Promise<boolean> {
    const isOwnWord = lost.id === by.id
    // Its own word ends the doubt about the others.
    if (lost.cutOffAt === null || (lost.isContested && isOwnWord)) {
      const at = lost.cutOffAt ?? clock.now()
      await ownerStore.cutOff(db, { id: lost.id, at, by: by.id })
      const { next } = await ownerOf(db, walletId)
      // It was let in by the word of what may have been in wrong hands.
      const credentials = unprovenOf([person]).filter((one) => one.id !== lost.id)
      const dropped = await takeAway(parts, db, { walletId, people: next ? [next] : [], credentials })
      const agrees = await agreesStill(db, walletId, person)
      const as = { actor: `owner:${signed.address}`, ip: signed.ip } as const
      const details = { address: lost.address, by: by.address, owner: person.address, agrees, dropped }
      await audit.record(db, { event: 'OWNER_CUT_OFF', ...as, walletId, details })
    }
    return agreesStill(db, walletId, person)
  }
  type Cut = { found: Found; signed: OwnerSignature }

  const agreesStill = async (db: Handle, walletId: string, { id }: Person): Promise<boolean> =>
    (await ownerOf(db, walletId)).owners.some((one) => one.id === id && mayAgree(one))

  return {
    /** Failures WALLET_NOT_FOUND, INVALID_ADDRESS. Tells nothing of who owns what. */
    wantedOf,

    /** Failures WALLET_NOT_FOUND, INVALID_ADDRESS, OWNER_NOT_CONNECTED, and those of what is signed. */
    async cutOff(input: Cutting, signed: OwnerSignature): Promise<Answer> {
      const lost = addressOf(input.credential)
      const ids = await database.read((db) => walletsOf(db, signed))
      return database.work({ exclusive: ids.map((id) => `wallet:${id}`) }, async (db) => {
        await takeConsent(db, { parts: consents, wanted: await wantedOf(db, input) }, signed)
        const wallets: Answer['wallets'] = []
        for (const id of ids) {
          const found = togetherIn(await ownerOf(db, id), lost, signed)
          if (found) wallets.push({ id, agrees: await cut(db, id, { found, signed }) })
        }
        if (!wallets.some(({ id }) => id === input.walletId))
          throw invalidField('credential', 'expected what signs for the same owner of that wallet')
        await forgetVoicesOf(db, lost)
        return { credential: lost, cutOffAt: seconds(clock.now()), wallets }
      })
    },
  }
}

/** Those that what has signed owns. */
async function walletsOf(db: Handle, { address, network }: OwnerSignature): Promise<string[]> {
  const rows = await ownerStore.byAddress(db, address)
  const own = rows.filter((row) => row.network === network && row.replaces === null && row.proven === 1)
  return [...new Set(own.map(({ wallet_id }) => wallet_id))].sort()
}

function togetherIn({ owners }: Ownership, lost: string, { address, network }: OwnerSignature): Found | undefined {
  for (const person of owners) {
    const by = person.credentials.find((one) => one.isProven && one.address === address && one.network === network)
    const found = person.credentials.find((one) => one.address === lost)
    if (by && found) return { person, lost: found, by }
  }
  return undefined
}

/** As it is stored. Failure INVALID_ADDRESS. */
function addressOf(credential: string): string {
  if (isPasskey(credential)) return credential
  const family = familiesOf(credential).find((name) => families[name]?.owner)
  const form = family && families[family]?.owner
  if (!form)
    throw new Failure('INVALID_ADDRESS', 'expected the address of a wallet, or passkey: and the id of a passkey')
  return form.address(credential)
}
