import { add, type Decision, type Network, parseMicros, type Receipt, ZERO_USD } from '@waiaas/contract'
import { compilePolicies, type Judgement } from '../../policies/service.ts'
import type { ReadConstraints } from '../deciding/constrained.ts'
import { type Beside, remade } from '../replays/again.ts'
import type { KeptRequest } from '../replays/replay-store.ts'
import type { Purpose } from '../rows/attempt-store.ts'
import { type Findings, faults, joined, missing, nothing, proven, word } from './findings.ts'
import { canonical } from './form.ts'

type Around = { readonly network: Network; readonly read: ReadConstraints }

/** Makes each decision of a receipt again, by the daemon's own evaluator, from nothing but the receipt. */
export async function judgeAnew(receipt: Receipt, around: Around): Promise<Findings> {
  const beside = besideOf(receipt, around)
  const all: Findings[] = []
  let last: Judgement | undefined
  for (const { of, text } of receipt.decisions) {
    const attempt = receipt.signatures.find(({ id }) => id === of)
    const row = requestOf(receipt, of === 'request' ? text : receipt.decisions[0]!.text)
    // What signs under a judgement of its own is one of these purposes.
    const purpose = (attempt?.purpose ?? 'send') as Purpose
    const signature = of === 'request' ? undefined : { transaction_id: row.id, purpose, decision: text }
    const made = await remade(beside, row, signature)
    if ('missing' in made) {
      all.push(missing(`the decision: ${made.missing}`))
      continue
    }
    last = made.judge(made.input)
    all.push(
      canonical(last.decision) === canonical(JSON.parse(text))
        ? proven('the decision was made again, to the letter, from what it was made from')
        : faults(
            `the decision ${of === 'request' ? 'on the request' : `under which ${of} was signed`} comes out otherwise`,
          ),
    )
  }
  return joined(...all, reserved(receipt, last), facts(receipt))
}

/** What a decision takes from outside, which no receipt can show. */
const facts = ({ decisions }: Receipt): Findings => {
  const first: Decision = JSON.parse(decisions[0]!.text)
  const sources = Object.values(first.inputs.prices).map(({ source }) => source)
  return word(
    'what the windows held, and how many requests were counted, when it was decided',
    'that the rules are those of their versions, where the decision does not hang on them: the log has each (POLICY_CREATED, POLICY_UPDATED)',
    ...(sources.length > 0 ? [`the prices of then, from ${[...new Set(sources)].join(' and ')}`] : []),
  )
}

function besideOf(receipt: Receipt, { network, read }: Around): Beside {
  const { transaction, constraints } = receipt
  const { walletId: id, address } = transaction
  const rows = new Map(
    receipt.policies.map((policy) => [`${policy.id} ${policy.version}`, { ...policy, enabled: true }]),
  )
  return {
    read,
    network: (name) => (name === network.id ? network : undefined),
    wallet: async () => ({
      ...{ id, address, account: id, name: '', status: 'ACTIVE' },
      ...{ chain: network.chain, environment: network.environment },
    }),
    session: async (session) => ({ id: session, constraints, labels: null, revoked_at: null, expires_at: 0 }),
    policies: async (named) => {
      const found = named.flatMap((one) => rows.get(`${one.id} ${one.version}`) ?? [])
      return found.length === named.length ? compilePolicies(found) : undefined
    },
    plan: async () => receipt.plan.map(({ type, request }) => ({ type, request })),
  }
}

const requestOf = ({ transaction, request, effects, network }: Receipt, decision: string): KeptRequest => ({
  ...{ id: transaction.id, wallet_id: transaction.walletId, session_id: transaction.sessionId },
  ...{ type: transaction.type, tier: transaction.tier, network: network.id, plan_id: transaction.planId },
  ...{ created_at: transaction.createdAt, request: request ?? '', effects, decision },
  ...{ spend_state: null, spend_usd: null, spend_items: null, spend_at: null },
})

/** What is held while it is on its way against what the judgement said is to be held. */
function reserved({ held, transaction, signatures }: Receipt, last: Judgement | undefined): Findings {
  const isOpen = held?.state === 'reserved' || held?.state === 'out'
  const isOutbid = signatures.some(({ purpose }) => purpose === 'speed-up' || purpose === 'cancel')
  if (!held || !last || !isOpen || isOutbid || transaction.planId !== null) return nothing
  const usd = last.reserve.reduce((sum, item) => add(sum, item.usd ?? ZERO_USD), ZERO_USD)
  return parseMicros(held.usdMicros) === usd
    ? proven('what is held for it is what the decision said is to be held')
    : faults('what is held for it is not what the decision said is to be held')
}
