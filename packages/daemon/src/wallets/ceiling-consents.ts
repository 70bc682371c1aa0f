import type { Needed } from '../consents/types.ts'
import {
  type Ceiling,
  type CeilingText,
  knownOwners,
  loosensCeiling,
  raiseLines,
  type Sealed,
} from '../keys/service.ts'
import type { WalletDependencies } from './dependencies.ts'
import type { WalletRow } from './store.ts'

/** Another ceiling in place of the one that is stored. */
type Change = { now: Sealed | undefined; next: Ceiling }
type Raise = Change & { row: WalletRow }

/** Sealed by the signer, which alone believes nothing else; here it is only read. */
export const ceilingOf = (sealed: Sealed | undefined): Ceiling =>
  sealed ? (JSON.parse(sealed.text) as CeilingText).ceiling : { chains: {}, recipients: [] }

/** Whom the signer asks from now on lets nothing more out where it asked nobody. */
export const takesConsent = (after: Ceiling, before: Ceiling): boolean =>
  loosensCeiling(after, { ...before, owners: before.owners ?? after.owners })

/** What owners whom the signer knows have signed for it. Failure OWNER_CONSENT_REQUIRED. */
export async function voicesFor(
  { database, consentVoices, needConsent }: Pick<WalletDependencies, 'database' | 'consentVoices' | 'needConsent'>,
  raise: Raise,
): Promise<readonly Sealed[]> {
  const { row, now, next } = raise
  const known = knownOwners(now)
  if (!known || !loosensCeiling(next, ceilingOf(now))) return []
  const needed = loosening(raise)
  const voices = await database.read((db) => consentVoices(db, needed))
  if (voices.length >= known.threshold) return voices
  await database.work({ shared: ['system'], exclusive: [`wallet:${row.id}`] }, (db) => needConsent(db, needed))
  return voices
}

/** What owners were asked before; or, where nobody was, or it has come out otherwise, what was done. */
export function askedFor(raise: Raise, done: Change): Needed {
  const isSame = !loosensCeiling(done.next, raise.next) && !loosensCeiling(raise.next, done.next)
  return loosening(knownOwners(raise.now) && isSame ? raise : { row: raise.row, ...done })
}

/** What owners agree to; those whom the signer knows sign it for the signer too. */
function loosening({ row: { id, name, address }, now, next }: Raise): Needed {
  const before = ceilingOf(now)
  const [from, to] = [before, next].map((ceiling) => JSON.stringify(ceiling)) as [string, string]
  const words = `change the ceiling of the wallet ${JSON.stringify(name)} from ${from} to ${to}`
  const signs = now && knownOwners(now) ? raiseLines(address, now, next) : undefined
  return { action: 'loosen', words, content: { id, before, after: next, signs }, wallet: id, ...(signs && { signs }) }
}
