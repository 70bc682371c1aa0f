import {
  ADDRESS_FORMS,
  familiesOf,
  isAddress,
  policyTypes,
  TEMPLATE_NEEDS,
  TEMPLATES,
  type TemplateNeed,
  templateOf,
  type Wallet,
} from '@waiaas/contract'

type Chain = Wallet['chain']
type Need = {
  readonly asks: string
  readonly form: string
  readonly isOne: (text: string) => boolean
  readonly isFor: (text: string, chain: Chain) => boolean
}
const ofAddresses = (asks: string): Need => ({
  ...{ asks, form: `addresses: ${ADDRESS_FORMS}`, isOne: isAddress },
  isFor: (text, chain) => familiesOf(text).includes(chain),
})
const isHost = (text: string) => policyTypes.X402_ALLOWED_DOMAINS.rules.safeParse({ domains: [text] }).success

/** What a template has to be told, as a person is asked for it. */
export const needWords: Readonly<Record<TemplateNeed, Need>> = {
  contracts: ofAddresses('Which contracts may it call?'),
  domains: {
    ...{ asks: 'Which servers may it pay?', form: 'hosts such as api.example.com' },
    ...{ isOne: isHost, isFor: () => true },
  },
  recipients: ofAddresses('Whom may it pay?'),
}

/** What a template has to be told; nothing for a word that is no template. */
export function needsOf(allow: string): readonly TemplateNeed[] {
  const template = TEMPLATES.find((name) => name === allow)
  return template ? templateOf(template).needs : []
}

const listOf = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '')

/** What is wrong with a list of names; undefined where nothing is. */
export function wrongNames(need: TemplateNeed, text: string): string | undefined {
  const { form, isOne } = needWords[need]
  const list = listOf(text)
  const wrong = list.find((word) => !isOne(word))
  if (list.length > 0 && wrong === undefined) return undefined
  return `expected ${form}; commas in between; got ${wrong === undefined ? 'none' : `"${wrong.slice(0, 80)}"`}`
}

export type Named = { readonly [Of in TemplateNeed]?: string | undefined }

/** The names that are for a wallet on a chain: an address is for those that write addresses so. */
export function namesFor(chain: Chain, named: Named): Partial<Record<TemplateNeed, string[]>> {
  return Object.fromEntries(
    TEMPLATE_NEEDS.flatMap((need) => {
      const list = listOf(named[need] ?? '').filter((word) => needWords[need].isFor(word, chain))
      return list.length > 0 ? [[need, list]] : []
    }),
  )
}

/** A wallet without names for what its template needs could pay nobody: there is none on such a chain. */
export const isForChain =
  (allow: string, named: Named) =>
  (chain: Chain): boolean => {
    const names = namesFor(chain, named)
    return needsOf(allow).every((need) => names[need] !== undefined)
  }
