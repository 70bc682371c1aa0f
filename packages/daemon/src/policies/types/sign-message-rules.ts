import { addressKey, type EffectFacts, type Tier } from '@waiaas/contract'
import type { Case, Finding } from '../case.ts'
import { requireChecksum, requirePlace } from '../checks.ts'
import { asStrict } from '../within.ts'
import { deny, policyType, type Scoped } from './type.ts'

type Message = EffectFacts['messages'][number]
/** Typed data of a contract, on a network or on all, of a type or of all. */
type TypedRule = {
  /** A family or a network's id; undefined: any. */
  readonly place: string | undefined
  readonly contract: string
  readonly primaryType: string | undefined
  readonly tier: Tier
}
/** `signIns` by domain. */
type SignMessageRules = {
  readonly personal: Tier
  readonly signIns: ReadonlyMap<string, Tier>
  readonly typed: readonly TypedRule[]
}

export const signMessageRules = policyType<'SIGN_MESSAGE_RULES', SignMessageRules>({
  admit: ({ typed_data, ...rules }, networks) => ({
    ...rules,
    ...(typed_data && {
      typed_data: typed_data.map(({ chain, ...rule }) => {
        requireChecksum(rule.verifying_contract)
        return { ...rule, ...(chain && { chain: requirePlace(networks, chain) }) }
      }),
    }),
  }),
  compile: ({ personal = 'APPROVAL', siwe_domains = [], typed_data = [] }) => ({
    personal,
    signIns: strictest(siwe_domains.map(({ domain, tier = 'INSTANT' }) => [domain, tier])),
    typed: typed_data.map(({ chain, verifying_contract, primary_type, tier = 'APPROVAL' }) => ({
      place: chain,
      contract: addressKey(verifying_contract),
      primaryType: primary_type,
      tier,
    })),
  }),
  judge,
  within: areMessagesWithin,
  isTightestAbsent: () => true,
  absent: ({ facts }) =>
    facts.messages.map((message) => (message.form === 'typed-data' ? unknown(message) : waiting(message, 'APPROVAL'))),
})

/** Rules of typed data are compared as a whole: which of several names a message is not for here. */
function areMessagesWithin(one: SignMessageRules, other: SignMessageRules): boolean {
  const tierAt = ({ signIns }: SignMessageRules, domain: string): Tier => signIns.get(domain) ?? 'APPROVAL'
  return (
    asStrict(one.personal, other.personal) &&
    [...one.signIns.keys(), ...other.signIns.keys()].every((domain) =>
      asStrict(tierAt(one, domain), tierAt(other, domain)),
    ) &&
    (one.typed.length === 0 || JSON.stringify(one.typed) === JSON.stringify(other.typed))
  )
}

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
    const tier = message.form === 'typed-data' ? typedTier(rules, of, message) : tierOf(rules, message)
    if (tier === undefined) findings.push({ ...unknown(message), policyId: id })
    else if (tier !== 'INSTANT') findings.push({ ...waiting(message, tier), policyId: id })
  }
}

const tierOf = ({ personal, signIns }: SignMessageRules, { form, domain }: Message): Tier =>
  form === 'text' ? personal : (signIns.get((domain ?? '').toLowerCase()) ?? 'APPROVAL')

/** The strictest of the rules that name it; undefined where none does. */
function typedTier({ typed }: SignMessageRules, { input: { network } }: Case, message: Message): Tier | undefined {
  const { contract, primaryType } = message
  if (!contract) return undefined
  const named = typed.filter(
    (rule) =>
      rule.contract === addressKey(contract) &&
      (rule.place === undefined || rule.place === network.chain || rule.place === network.id) &&
      (rule.primaryType === undefined || rule.primaryType === primaryType),
  )
  return named.length === 0 ? undefined : strictest(named.map(({ tier }) => ['', tier])).get('')
}

const unknown = ({ contract, primaryType }: Message): Finding =>
  deny(
    'TYPED_DATA_UNKNOWN',
    contract
      ? `what ${primaryType} of ${contract} lets others do is not known, and no policy names it`
      : `${primaryType} does not say for which chain and contract it is, so that it could be used anywhere`,
    { observed: contract ?? String(primaryType) },
  )

/** A text may be the seed of a key or an order at a venue: nobody here can tell. */
const waiting = ({ form, domain, contract, primaryType }: Message, verdict: Tier): Finding => ({
  code: 'MESSAGE_TIER',
  verdict,
  tell: () => ({
    message:
      form === 'text'
        ? 'a text would be signed, and what that lets others do only its reader knows'
        : form === 'sign-in'
          ? `a sign-in at ${domain} would be signed, for whoever shows it there`
          : `${primaryType} of ${contract} would be signed, and what that lets others do is not known`,
    ...((domain ?? contract) && { observed: domain ?? contract! }),
  }),
})
