import {
  invalidField,
  type Output,
  type Parsed,
  type PolicySetChanged,
  policyFileOperations,
  TEMPLATE_NEEDS,
  TEMPLATES,
  type TemplateName,
  templateOf,
} from '@waiaas/contract'
import type { Token } from '../chains/intent.ts'
import type { By } from '../platform/caller.ts'
import type { Parts } from './committing.ts'
import { requireLiveWallet } from './live-wallet.ts'
import type { policySets } from './sets.ts'

type Operations = typeof policyFileOperations
type Asked = Parsed<Operations['applyPolicyTemplate']>

const viewOf = (name: TemplateName): Output<Operations['getPolicyTemplate']> => {
  const { summary, means, stops, needs, policies } = templateOf(name)
  const types = Object.values(policies({ contracts: [], domains: [], recipients: [], tokens: [] })).map(
    ({ type }) => type,
  )
  return { name, summary, means, stops: [...stops], needs: [...needs], types }
}

/** Sets of policies in words. */
export function policyTemplatesOf(parts: Parts, sets: Pick<ReturnType<typeof policySets>, 'apply'>) {
  const { database, networks, wallet, tokens } = parts

  /** The policies of a template for a wallet, as a document has them. */
  async function entriesOf({ template, walletId, ...given }: Asked) {
    const listed = await database.read(async (db) => {
      const { chain, environment } = await requireLiveWallet(wallet, db, walletId)
      const own = networks().filter((network) => network.chain === chain && network.environment === environment)
      const all: Token[] = []
      for (const network of own) all.push(...(await tokens(db, network)))
      return all.map(({ address, symbol, asset }) => ({ address, symbol, assetId: asset }))
    })
    const { contracts = [], domains = [], recipients = [] } = given
    const policies = templateOf(template).policies({ contracts, domains, recipients, tokens: listed })
    return Object.entries(policies).map(([name, policy]) => ({
      ...policy,
      wallet: walletId,
      name: `${template}/${name}`,
    }))
  }

  return {
    templates: (): Output<Operations['listPolicyTemplates']> => ({ templates: TEMPLATES.map(viewOf) }),
    template: viewOf,
    /** Failures: ACTION_VALIDATION_FAILED, WALLET_NOT_FOUND, WALLET_TERMINATED, POLICY_NAME_EXISTS. */
    async applyTemplate(asked: Asked, by: By): Promise<PolicySetChanged> {
      requireNeeds(asked)
      const document = { policies: await entriesOf(asked), dryRun: asked.dryRun }
      // The schema fills in what a document may leave out, and checks what was named.
      const parsed = policyFileOperations.applyPolicies.input.safeParse(document)
      if (parsed.success) return sets.apply({ ...parsed.data, keepsNamed: true }, by)
      const [issue] = parsed.error.issues
      throw invalidField(asked.template, `${issue?.path.slice(2).join('.')}: ${issue?.message}`)
    },
  }
}

function requireNeeds(asked: Asked): void {
  const needs: readonly string[] = templateOf(asked.template).needs
  for (const need of TEMPLATE_NEEDS) {
    const isNamed = asked[need] !== undefined
    if (needs.includes(need) && !isNamed)
      throw invalidField(need, `expected the ${need} that the template ${asked.template} is for`)
    if (!needs.includes(need) && isNamed)
      throw invalidField(need, `expected none: the template ${asked.template} takes no ${need}`)
  }
}
