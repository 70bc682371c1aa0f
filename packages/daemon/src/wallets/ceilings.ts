import { type ceilingOperations, Failure, type Output, type Parsed } from '@waiaas/contract'
import { type CeilingChange, changedCeiling, KeyError, type Keys, type Proof, type Sealed } from '../keys/service.ts'
import type { By } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import { exactChange } from './ceiling-change.ts'
import { askedFor, ceilingOf, takesConsent, voicesFor } from './ceiling-consents.ts'
import { ceilingProposals, proposal } from './ceiling-proposals.ts'
import { ceilingStore } from './ceiling-store.ts'
import { ceilingView } from './ceiling-view.ts'
import type { WalletDependencies } from './dependencies.ts'
import { keyFailures } from './key-failures.ts'
import { needLiveWallet, needWallet } from './lookup.ts'
import type { WalletRow } from './store.ts'

type Answer = Output<typeof ceilingOperations.getWalletCeiling>
type Input = Parsed<typeof ceilingOperations.changeWalletCeiling>
type Operator = { by: By; shown: Proof }

/** What the signer signs at most for each wallet: proposed for new ones, shown, and changed by the operator. */
export function walletCeilings(parts: WalletDependencies) {
  const { database, keys, audit } = parts

  const proposals = ceilingProposals(parts)

  async function view(db: Handle, row: WalletRow): Promise<Answer> {
    const counts = await ceilingStore.counts(db, row.address)
    const ceiling = ceilingOf(await ceilingStore.byWallet(db, row.id))
    return ceilingView(row.id, { ceiling, own: await proposals.listedFor(db, row), counts })
  }

  async function show(id: string): Promise<Answer> {
    return database.read(async (db) => view(db, await needWallet(db, id)))
  }

  return {
    show,
    first: proposals.first,
    makeMissing: proposals.makeMissing,
    propose: (id: string): Promise<Output<typeof ceilingOperations.proposeWalletCeiling>> =>
      proposal(parts, proposals, id),
    /** The operator has said that all that was signed is known: the day does not count as used up any more. */
    async confirm(id: string, shown: Proof): Promise<void> {
      const { address, now } = await database.read(async (db) => ({
        ...(await needLiveWallet(db, id)),
        now: await ceilingStore.byWallet(db, id),
      }))
      if (!now) return
      const sealed = await keyFailures(keys.changeCeiling({ address, now, next: ceilingOf(now) }, shown))
      await database.work({ shared: ['system'], exclusive: [`wallet:${id}`] }, (db) => ceilingStore.set(db, id, sealed))
    },

    /** Failures WALLET_NOT_FOUND, WALLET_TERMINATED, ENVIRONMENT_NETWORK_MISMATCH, TOKEN_NOT_FOUND, INVALID_ADDRESS. */
    async change(input: Input, { by, shown }: Operator): Promise<Answer> {
      const { id, fromPolicies = false } = input
      const row = await database.read((db) => needLiveWallet(db, id))
      const change = await exactChange(parts, input, row)
      const isWhole = fromPolicies || change.chains !== undefined
      const { chain: where, recipients, owners } = change
      if (where === undefined && recipients === undefined && owners === undefined && !isWhole) return show(id)
      const now = await database.read((db) => ceilingStore.byWallet(db, id))
      const before = ceilingOf(now)
      const next = changedCeiling(fromPolicies ? await proposals.anew(row, before) : before, change)
      const raise = { row, now, next }
      const asked = { address: row.address, now, next, voices: await voicesFor(parts, raise) }
      // Where a sealed call says the change itself, the signer makes it; else it is asked to tighten alone.
      const isBound = typeof shown === 'string' || input.exact !== undefined
      const sealed = await keyFailures(isBound ? keys.changeCeiling(asked, shown) : tightened(keys, asked))
      return database.work({ shared: ['system'], exclusive: [`wallet:${id}`] }, async (db) => {
        await needLiveWallet(db, id)
        const after = ceilingOf(sealed)
        const stored = await ceilingStore.byWallet(db, id)
        const present = ceilingOf(stored)
        const isLooser = takesConsent(after, present)
        if (isLooser) await parts.needConsent(db, askedFor(raise, { now: stored, next: after }))
        await ceilingStore.set(db, id, sealed)
        const { chain } = isWhole ? {} : change
        const [from, to] = chain === undefined ? [before, after] : [before.chains[chain] ?? null, after.chains[chain]]
        const network = isWhole ? 'all' : (input.network ?? chain ?? 'all')
        const loosens = isLooser && { loosens: true as const }
        await audit.record(db, {
          event: 'WALLET_CEILING_CHANGED',
          walletId: id,
          ...by,
          details: { network, from, to, ...loosens },
          raised: loosens ? 'warning' : undefined,
        })
        return view(db, row)
      })
    },
  }
}

/** A call with a sealed password that leaves its change to the daemon's word. */
async function tightened(keys: Pick<Keys, 'changeCeiling'>, asked: CeilingChange): Promise<Sealed> {
  try {
    return await keys.changeCeiling(asked)
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== 'INVALID_MASTER_PASSWORD') throw error
    throw new Failure(
      'MASTER_PROOF_REFUSED',
      'raising a ceiling with a sealed master password takes the change in base units (exact)',
      { cause: error },
    )
  }
}

/** The ceiling of a wallet, as the signer sealed it; without one the signer signs nothing. */
export const sealedCeiling = (db: Handle, walletId: string): Promise<Sealed | undefined> =>
  ceilingStore.byWallet(db, walletId)
