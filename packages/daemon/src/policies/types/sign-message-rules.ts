import type { EffectFacts, Tier } from '@waiaas/contract'
import type { Case, Finding } from '../case.ts'
import { policyType, type Scoped } from './type.ts'

type Message = EffectFacts['messages'][number]
/** `signIns` by domain. */
type SignMessageRules = { readonly personal: Tier; readonly signIns: ReadonlyMap<string, Tier> }

export const signMessageRules = policyType<'SIGN_MESSAGE_RULES', SignMessageRules>({
  admit: (rules) => rules,
  compile({ personal = 'APPROVAL', siwe_domains = [] }) {
    return { personal, signIns: strictest(siwe_domains.map(({ domain, tier = 'INSTANT' }) => [domain, tier])) }
  },
  judge,
  absent: ({ facts }) => facts.messages.map((message) => waiting(message, 'APPROVAL')),
})

const ORDER: readonly Tier[] = ['INSTANT', 'NOTIFY', 'DELAY', 'APPROVAL']

/** Of what is there twice the stricter tier counts. */
function strictest(entries: readonly (readonly [string, Tier])[]): ReadonlyMap<string, Tier> {
  const tiers = new Map<string, Tier>()
  for (const [name, tier] of entries) {
    const known = tiers.get(name) ?? 'INSTANT'
    tiers.set(name, ORDER.indexOf(tier) > ORDER.indexOf(known) ? tier : known)
  }
  return tiers
}

function judge({ id, rules }: Scoped<SignMessageRules>, of: Case, findings: Finding[]): void {
  for (const message of of.facts.messages) {
    const tier = tierOf(rules, message)
    if (tier !== 'INSTANT') findings.push({ ...waiting(message, tier), policyId: id })
  }
}

const tierOf = ({ personal, signIns }: SignMessageRules, { form, domain }: Message): Tier =>
  form === 'text' ? personal : (signIns.get((domain ?? '').toLowerCase()) ?? 'APPROVAL')

/** A text may be the seed of a key or an order at a venue: nobody here can tell. */
const waiting = ({ form, domain }: Message, verdict: Tier): Finding => ({
  code: 'MESSAGE_TIER',
  verdict,
  tell: () => ({
    message:
      form === 'text'
        ? 'a text would be signed, and what that lets others do only its reader knows'
        : `a sign-in at ${domain} would be signed, for whoever shows it there`,
    ...(domain !== null && { observed: domain }),
  }),
})
