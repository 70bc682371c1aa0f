import { mayLoosen, policyWords, type Strictness } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import type { Parts } from './committing.ts'
import { readRules } from './compile.ts'
import { changed, comparer, defaultOf, type PolicyChanged } from './loosening.ts'
import { replacesDefault } from './rows.ts'
import { policyStore, type StoredPolicy } from './store.ts'

type Consenting = Pick<Parts, 'needConsent' | 'wallet'>

/**
 * What changes do together; the owners of the wallets that they let more out of have agreed. Part of the job that makes them,
 * before it does. Failure OWNER_CONSENT_REQUIRED.
 */
export async function agreedEffect(
  { needConsent, wallet }: Consenting,
  db: Handle,
  changes: readonly PolicyChanged[],
): Promise<Strictness> {
  const own = onlyWallet(changes)
  const all: readonly StoredPolicy[] = await (own === null ? policyStore.all(db) : policyStore.related(db, own))
  const after = changes.reduce(changed, all)
  const effects = comparer()
  const effect = own === null ? effects.forAll(all, after) : effects.forWallet(all, after, own)
  if (!mayLoosen(effect)) return effect
  const whole = changes.flatMap((change) => [...replacedBy(change, all), change])
  const walletName = async (id: string) => (await wallet(db, id))?.name ?? id
  const words: string[] = []
  for (const change of whole) words.push(await wordsOf(change, walletName))
  await needConsent(db, {
    action: 'loosen',
    words: words.join('; '),
    content: whole.map(({ before, after }) => [before && said(before), after && said(after)]),
    wallet: own,
    concerns: ({ id }) => mayLoosen(effects.forWallet(all, after, id)),
  })
  return effect
}

/** The one wallet that all of it is for; null: every wallet, or several. */
function onlyWallet(changes: readonly PolicyChanged[]): string | null {
  const wallets = new Set(changes.map(({ before, after }) => (after ?? before)!.wallet_id))
  return wallets.size === 1 ? [...wallets][0]! : null
}

/** The limit that came with a wallet goes when another one comes. */
function replacedBy({ before, after }: PolicyChanged, all: readonly StoredPolicy[]): PolicyChanged[] {
  const gone = !before && after && replacesDefault(after) ? defaultOf(all, after.wallet_id) : undefined
  return gone ? [{ before: gone }] : []
}

/** All of a policy that decides anything. */
const said = ({ wallet_id, type, rules, enabled, network, session_id, session_label }: StoredPolicy) => ({
  ...{ wallet_id, type, rules, enabled, network, session_id, session_label },
})

async function wordsOf({ before, after }: PolicyChanged, walletName: (id: string) => Promise<string>): Promise<string> {
  const row = (after ?? before)!
  const wallet = row.wallet_id === null ? 'all wallets' : `wallet ${JSON.stringify(await walletName(row.wallet_id))}`
  const network = row.network === null ? '' : ` on ${row.network}`
  const session = row.session_id ?? row.session_label
  const of = `${row.type} of ${wallet}${network}${session === null ? '' : ` for ${JSON.stringify(session)}`}`
  if (!before) return `add ${of}: ${rulesOf(row)}`
  if (!after) return `remove ${of}: ${rulesOf(before)}`
  return `change ${of} from ${rulesOf(before)} to ${rulesOf(after)}`
}

/** In words as people say them, and exactly: words name no more than a few of a long list. */
function rulesOf(row: StoredPolicy): string {
  const { type, rules, enabled } = row
  // Damaged rules have no words. Texts in them are within quotes, which take no brackets.
  const said = policyWords(type, readRules(row).rules).map((each) => JSON.stringify(square(each)))
  const words = said.length === 0 ? '' : `${said.join(', ')}, exactly `
  return `${words}${rules}${enabled === 1 ? '' : ', switched off'}`
}
const square = (text: string): string => text.replaceAll('(', '[').replaceAll(')', ']')
