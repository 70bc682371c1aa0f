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
import type { Handle } from '../platform/db/database.ts'
import type { Parts } from './committing.ts'
import { requireLiveWallet } from './live-wallet.ts'
import type { policySets } from './sets.ts'

type Operations = typeof policyFileOperations
type Asked = Parsed<Operations['applyPolicyTemplate']>
type Chosen = Omit<Asked, 'walletId' | 'dryRun'>

const viewOf = (name: TemplateName): Output<Operations['getPolicyTemplate']> => {
  const { summary, means, stops, needs, policies } = templateOf(name)
  const types = Object.values(policies({ contracts: [], domains: [], recipients: [], tokens: [] })).map(
    ({ type }) => type,
  )
  return { name, summary, means, stops: [...stops], needs: [...needs], types }
}

/** Sets of policies in words. */
export function policyTemplatesOf(parts: Parts, sets: Pick<ReturnType<typeof policySets>, 'apply' | 'change'>) {
  const { database, networks, wallet, tokens } = parts

  /** The policies of a template for a wallet, as a document has them. */
  async function entriesOf({ template, ...given }: Chosen, walletId: string) {
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

  /** What a template says for wallets. Failures: ACTION_VALIDATION_FAILED, WALLET_NOT_FOUND, WALLET_TERMINATED. */
  async function wantedOf(asked: Chosen, { walletIds, dryRun }: { walletIds: readonly string[]; dryRun: boolean }) {
    requireNeeds(asked)
    const policies = (await Promise.all(walletIds.map((id) => entriesOf(asked, id)))).flat()
    // The schema fills in what a document may leave out, and checks what was named.
    const parsed = policyFileOperations.applyPolicies.input.safeParse({ policies, dryRun })
    if (parsed.success) return { ...parsed.data, keepsNamed: true }
    const [issue] = parsed.error.issues
    throw invalidField(asked.template, `${issue?.path.slice(2).join('.')}: ${issue?.message}`)
  }

  return {
    templates: (): Output<Operations['listPolicyTemplates']> => ({ templates: TEMPLATES.map(viewOf) }),
    template: viewOf,
    /** Failures: ACTION_VALIDATION_FAILED, WALLET_NOT_FOUND, WALLET_TERMINATED, POLICY_NAME_EXISTS. */
    async applyTemplate({ walletId, dryRun, ...asked }: Asked, by: By): Promise<PolicySetChanged> {
      return sets.apply(await wantedOf(asked, { walletIds: [walletId], dryRun }), by)
    },
    /**
     * The same for several wallets, as a part of a job: `write` changes them in it, under the locks of `sets.change`, and
     * `settled` waits afterwards for what is on its way. Failures as above.
     */
    async prepareTemplate(asked: Chosen, own: readonly string[]) {
      const wanted = await wantedOf(asked, { walletIds: own, dryRun: false })
      return {
        write: async (db: Handle, by: By): Promise<void> => void (await sets.change(db, wanted, { own, by })),
        settled: async (): Promise<void> => void (await Promise.all(own.map(parts.afterChange))),
      }
    },
  }
}

function requireNeeds(asked: Chosen): void {
  const needs: readonly string[] = templateOf(asked.template).needs
  for (const need of TEMPLATE_NEEDS) {
    const isNamed = asked[need] !== undefined
    if (needs.includes(need) && !isNamed)
      throw invalidField(need, `expected the ${need} that the template ${asked.template} is for`)
    if (!needs.includes(need) && isNamed)
      throw invalidField(need, `expected none: the template ${asked.template} takes no ${need}`)
  }
}
