import { Failure, type Output, type ownerStopOperations, type Parsed } from '@waiaas/contract'
import type { OwnerSignature } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import { findWallet, type WalletRow } from '../wallets/service.ts'
import type { Subject } from './actions.ts'
import { type Giver, giveNonce, walletIn } from './challenges.ts'
import { agree, type ConsentParts, checkConsent, ownerOf, takeConsent, type Wanted } from './consents.ts'
import { isEnough, type Standing, verifiedOf } from './rules.ts'
import { ownerStore } from './store.ts'

type Operations = typeof ownerStopOperations
type Action = 'kill-switch' | 'recover' | 'cancel-recovery'
type Parts = { database: Database; consents: ConsentParts; giver(): Promise<Giver> }

/** What an owner agreed to of the whole daemon: looked at before, and used up in the job of it, which holds the wallet. */
export type OwnerWish = {
  readonly address: string
  readonly walletId: string
  check(db: Handle): Promise<unknown>
  /** Used up, and others need not say it. */
  take(db: Handle): Promise<unknown>
  /** Gives since when all of those who had to agree have been verified, or who still has to agree. */
  agree(db: Handle): Promise<{ verifiedAt: number } | Standing>
}

/** What owners ask of the daemon as a whole. */
export function ownerStops({ database, consents, giver }: Parts) {
  const wantedOf = async (db: Handle, action: Action, walletId: string): Promise<Wanted> => {
    const wallet = await findWallet(db, walletId)
    if (!wallet) throw new Failure('WALLET_NOT_FOUND', `no wallet ${walletId}`)
    return { wallet, action, subject: ofDaemon(action, wallet) }
  }

  return {
    /** Failure WALLET_NOT_FOUND. */
    wantedOf,

    /** What the signature of an owner asks for. Failure INVALID_NONCE where its text is about no wallet. */
    async wish(action: Action, signed: OwnerSignature): Promise<OwnerWish> {
      const walletId = walletIn(signed.message) ?? (await database.read((db) => anyOf(db, signed)))
      const wanting = async (db: Handle) => ({ parts: consents, wanted: await wantedOf(db, action, walletId) })
      return {
        ...{ address: signed.address, walletId },
        check: async (db) => checkConsent(db, await wanting(db), signed),
        take: async (db) => takeConsent(db, await wanting(db), signed),
        async agree(db) {
          const { standing } = await agree(db, await wanting(db), signed)
          if (!isEnough(standing)) return standing
          const since = verifiedOf(await ownerOf(db, walletId))
            .filter(({ address }) => standing.agreed.includes(address))
            .map(({ verifiedAt }) => verifiedAt!)
          return { verifiedAt: Math.max(...since) }
        },
      }
    },

    /** Of older clients. */
    async nonce({ txId }: Parsed<Operations['getNonce']>): Promise<Output<Operations['getNonce']>> {
      const about = txId === undefined ? 'kill-switch' : `reject ${txId}`
      const { nonce, expiresAt } = giveNonce(await giver(), about, consents.clock.latest())
      return { nonce, expiresAt: seconds(expiresAt) }
    },
  }
}

/** A nonce alone names no wallet: any that they own will do. */
async function anyOf(db: Handle, { address, network }: OwnerSignature): Promise<string> {
  const owned = await ownerStore.byAddress(db, address)
  const named = owned.filter((one) => one.replaces === null && one.network === network)
  const found = named.find((one) => one.cut_off_at === null) ?? named[0]
  if (!found) throw new Failure('OWNER_NOT_CONNECTED', `no wallet here has the owner ${address}`)
  return found.wallet_id
}

const WHAT: Readonly<Record<Action, string>> = {
  'kill-switch': 'no wallet of this daemon signs anything until the operator turns the kill switch off',
  recover: 'the kill switch is turned off, and all wallets of this daemon sign again',
  'cancel-recovery': 'the daemon stays locked until an owner agrees',
}
const ofDaemon = (action: Action, wallet: WalletRow): Subject => ({
  id: wallet.id,
  digest: sha256(JSON.stringify([action, wallet.id, wallet.address])),
  // Whoever asks may be a stranger: it names what they did.
  words: `${WHAT[action]}; as the owner of the wallet ${wallet.id}`,
})
