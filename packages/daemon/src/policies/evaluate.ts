import {
  addressKey,
  type Decision,
  divideUp,
  integerOf,
  POLICY_TYPES,
  type Reason,
  shareDown,
  TIERS,
  type Tier,
  toUsd,
  type Usd,
  usdNumber,
  ZERO_USD,
} from '@waiaas/contract'
import type { ReserveItem } from './bill.ts'
import {
  appliesTo,
  beyondHeld,
  type Case,
  caseOf,
  type EvaluateInput,
  type Finding,
  isFeeNamed,
  isOfSessions,
  type Policy,
  type Ruling,
  type Step,
} from './case.ts'
import { explain } from './explain.ts'
import { isBounding, ownBound } from './largest.ts'
import { inputsOf } from './recorded.ts'
import { types } from './types/all.ts'
import { deny } from './types/type.ts'

export type { Price, Prices } from './bill.ts'
export { type EvaluateInput, isOfSessions, type Policy, type Windows } from './case.ts'
export { compilePolicies, type PolicyRow } from './compile.ts'

/** A decision with what follows from it inside the daemon. */
export type Judgement = {
  readonly decision: Decision
  /** Micro-dollars of all that leaves, the worst fee included; null when a part has no trustworthy price. */
  readonly totalUsd: Usd | null
  /** Micro-dollars that leave, without fees; null without a trustworthy price. To be shown to an approver. */
  readonly usd: Usd | null
  /** Assets that leave, or pay for it, without a trustworthy price. */
  readonly unpriced: readonly string[]
  /** What to hold back, the worst fee included; nothing when refused. */
  readonly reserve: readonly ReserveItem[]
  /** What of it a lane pays from its reserve. */
  readonly fromReserve: Usd
  /** It may be signed now: allowed, and neither a delay nor an approval is outstanding. */
  readonly mayRun: boolean
  /** How many per cent it is of the most that has its tier, by the policies; null where none bounds that. Found when asked for. */
  readonly percent: () => number | null
  /** What went wrong while judging, for the log: agents read the decision. */
  readonly fault?: unknown
}

/** What a judgement comes to; its words are found when they are asked for. */
export type Ruled = Pick<Decision, 'outcome' | 'tier' | 'delaySeconds'> & {
  readonly mayRun: boolean
  reasons(): readonly Reason[]
  judgement(): Judgement
}

/**
 * The one decision: all policies that apply are judged, a denial beats everything, otherwise the strictest tier wins.
 * Pure. An error while judging refuses; it never lets anything through.
 */
export function ruled(input: EvaluateInput): Ruled {
  try {
    const of = caseOf(input)
    const applying = input.policies.filter((policy) => appliesTo(policy, of))
    return unlessFault(input, concluding(of, applying, rulingOf(of, applying)))
  } catch (error) {
    return faulty(input, error)
  }
}

/** The same with all that is to be told of it. */
export const evaluate = (input: EvaluateInput): Judgement => ruled(input).judgement()

function unlessFault(input: EvaluateInput, found: Ruled): Ruled {
  return {
    ...found,
    judgement: () => {
      try {
        return found.judgement()
      } catch (error) {
        return refusedByFault(input, error)
      }
    },
  }
}

function faulty(input: EvaluateInput, error: unknown): Ruled {
  const judgement = refusedByFault(input, error)
  const { outcome, tier, reasons } = judgement.decision
  return { outcome, tier, mayRun: false, reasons: () => reasons, judgement: () => judgement }
}

/** All rules, asked. */
function rulingOf(of: Case, applying: readonly Policy[]): Ruling {
  const findings: Finding[] = []
  judgeEffects(of, findings)
  judgeDeadlines(of, findings)
  judgePrice(of, findings)
  judgeImpostors(of, findings)
  judgeCeiling(of, findings)
  for (const policy of applying) policy.judge(of, findings)
  // What is of some sessions alone allows nothing that is allowed to nobody else.
  const common = applying.filter((policy) => !isOfSessions(policy))
  judgeRecipients(common, of, findings)
  judgeAbsence(common, of, findings)
  judgeSession(of, findings)
  return { denied: findings.some(({ verdict }) => verdict === 'DENY'), tier: strictest(findings), findings }
}

/** What effects hold back by themselves, judged as part of something larger. */
export const itemsOf = (input: EvaluateInput): readonly ReserveItem[] => caseOf(input).bill.items

function concluding(of: Case, applying: readonly Policy[], ruling: Ruling): Ruled {
  const { denied, tier, findings } = ruling
  const wait = denied ? {} : waits(tier, findings, of.input.usualDelay)
  const mayRun = !denied && isSatisfied(tier, of)
  const reasons = () => deciding(ruling).map(reasonOf)
  const { delaySeconds } = wait
  return {
    ...{ outcome: denied ? 'DENY' : 'ALLOW', tier, mayRun, reasons },
    ...(delaySeconds !== undefined && { delaySeconds }),
    judgement: () => conclude({ of, applying, ruling, reasons: reasons(), mayRun }, wait),
  }
}

type Concluded = { of: Case; applying: readonly Policy[]; ruling: Ruling; reasons: Reason[]; mayRun: boolean }

function conclude({ of, applying, ruling, reasons, mayRun }: Concluded, wait: ReturnType<typeof waits>): Judgement {
  const { denied, tier } = ruling
  const usd = of.bill.outflowUsd
  const decision: Decision = {
    outcome: denied ? 'DENY' : 'ALLOW',
    tier,
    ...wait,
    usd: usd === null ? null : usdNumber(usd),
    reasons,
    ...explain({
      ...{ of, applying, ruling, reasons, mayRun },
      delaySeconds: wait.delaySeconds,
      rule: (input) => rulingOf(caseOf(input), applying),
    }),
    policyVersion: of.input.policyVersion,
    inputs: inputsOf(of, applying, { reasons, ...wait }),
  }
  const { unpriced, items, totalUsd } = of.bill
  const percent = () => (denied ? null : percentOf(of, applying, tier))
  const reserve = denied ? [] : items
  return { decision, usd, totalUsd, unpriced, reserve, fromReserve: beyondHeld(of), mayRun, percent }
}

/** Of several assets, that of the one which is nearest to its most. */
function percentOf(of: Case, applying: readonly Policy[], tier: Tier): number | null {
  const step = TIERS.indexOf(tier)
  if (step === 3) return null
  const limits = applying.filter(isBounding)
  let nearest: number | null = null
  for (const holding of of.bill.holdings) {
    if (holding.outflow === 0n) continue
    // Below the last of four tiers there are three steps.
    const most = ownBound(step as Step, of, { limits, holding })
    if (most === undefined || most === 0n) continue
    const percent = Number((holding.outflow * 100n) / most)
    if (nearest === null || percent > nearest) nearest = percent
  }
  return nearest
}

/** What makes it what it is. */
function deciding({ denied, tier, findings }: Ruling): readonly Finding[] {
  if (denied) return findings.filter(({ verdict }) => verdict === 'DENY')
  return tier === 'INSTANT' ? [] : findings.filter(({ verdict }) => verdict === tier)
}

const strictest = (findings: readonly Finding[]): Tier => {
  let highest = 0
  for (const { verdict } of findings) {
    if (verdict !== 'DENY') highest = Math.max(highest, TIERS.indexOf(verdict))
  }
  return TIERS[highest]!
}

/** The longest of the delays, the shortest of the times to approve. */
function waits(
  tier: Tier,
  findings: readonly Finding[],
  usualDelay = 0,
): Pick<Decision, 'delaySeconds' | 'approvalTimeoutSeconds'> {
  const deciding = findings.filter(({ verdict }) => verdict === tier)
  // Where nobody says how long, the delay of the settings holds; where some do, it is one of them.
  const hasOwn = deciding.some(({ delaySeconds }) => delaySeconds !== undefined)
  if (tier === 'DELAY')
    return hasOwn ? { delaySeconds: Math.max(...deciding.map(({ delaySeconds = usualDelay }) => delaySeconds)) } : {}
  const timeouts = deciding.flatMap(({ approvalTimeout }) => (approvalTimeout ? [approvalTimeout] : []))
  return tier === 'APPROVAL' && timeouts.length > 0 ? { approvalTimeoutSeconds: Math.min(...timeouts) } : {}
}

const reasonOf = ({ code, policyId, tell }: Finding): Reason => ({ code, ...(policyId && { policyId }), ...tell() })

/** Prices may move by so much while a human decides. */
const APPROVED_SHARE = { part: 110n, whole: 100n }

/** What somebody is taken to have seen who lets a value come to so much: to the micro-dollar, and never to more. */
export const shownFor = (most: Usd): Usd =>
  toUsd(divideUp((integerOf(most) + 1n) * APPROVED_SHARE.whole, APPROVED_SHARE.part) - 1n)

/** A served delay satisfies DELAY; an approval also APPROVAL, up to 110 % of the value that was shown. */
function isSatisfied(tier: Tier, { input, bill }: Case): boolean {
  if (tier === 'INSTANT' || tier === 'NOTIFY') return true
  if (tier === 'DELAY' && input.context?.servedDelay) return true
  const shown = input.context?.approval?.usdShown
  if (shown === undefined) return false
  // Without a value to show, the amounts themselves were approved, and the effects digest holds those.
  return shown === null || (bill.outflowUsd !== null && bill.outflowUsd <= shareDown(shown, APPROVED_SHARE))
}

/** What effects mean by themselves, whatever the policies say. */
function judgeEffects({ facts }: Case, findings: Finding[]): void {
  for (const kind of facts.foreign) findings.push(deny('UNSUPPORTED_EFFECT', `this release does not judge ${kind}`))
  for (const description of facts.unknown) {
    const tell = () => ({ message: `not understood: ${description}`, observed: description })
    findings.push({ code: 'UNKNOWN_EFFECT', verdict: 'APPROVAL', tell })
  }
  for (const { codeHash } of facts.deploys) {
    const tell = () => ({
      message: `a new contract would run code that nobody here knows (${codeHash})`,
      observed: codeHash,
    })
    findings.push({ code: 'CODE_DEPLOYED', verdict: 'APPROVAL', tell })
  }
  for (const { contract, tokenId, to } of facts.nfts) {
    const tell = () => ({ message: `the NFT ${tokenId} of ${contract} would go to ${to}`, observed: contract })
    findings.push({ code: 'NFT_LEAVES', verdict: 'APPROVAL', tell })
  }
}

/** What others can use for longer is held as long; in milliseconds. */
const LONGEST_VOUCHER = 3_600_000n
/** The end of the year 9999, in unix seconds. */
const LAST = 253_402_300_799n

/** A signature that somebody keeps can be used until its deadline, whatever is decided later. */
function judgeDeadlines({ facts, input }: Case, findings: Finding[]): void {
  for (const deadline of facts.deadlines) {
    const observed = String(deadline)
    if (deadline > LAST)
      findings.push(deny('VOUCHER_ENDLESS', 'it could be used for ever; give it a deadline', { observed }))
    else if (deadline * 1_000n > BigInt(input.latest ?? input.now) + LONGEST_VOUCHER)
      findings.push({
        code: 'VOUCHER_TOO_LONG',
        verdict: 'APPROVAL',
        tell: () => ({ message: 'it could be used for longer than an hour', observed }),
      })
  }
}

/** What a unit of gas or compute may cost at most, as a multiple of what the network asks now. */
const PRICE_TIMES = 5n

/** Whatever the policies say: who outbids without measure burns money in no tier. */
function judgePrice(of: Case, findings: Finding[]): void {
  const { feePrice } = of.input
  if (!feePrice || feePrice.offered <= PRICE_TIMES * feePrice.asked || isFeeNamed(of)) return
  findings.push({
    code: 'FEE_PRICE_TOO_HIGH',
    verdict: 'APPROVAL',
    tell: () => ({
      message: `it offers more than ${PRICE_TIMES} times the price for a unit of gas that the network asks now`,
      observed: String(feePrice.offered),
      allowed: String(PRICE_TIMES * feePrice.asked),
    }),
  })
}

/** The signer refuses it unless the operator shows the master password for this very payment. */
function judgeCeiling({ input: { aboveCeiling } }: Case, findings: Finding[]): void {
  if (aboveCeiling === undefined) return
  findings.push({ code: 'ABOVE_CEILING', verdict: 'APPROVAL', tell: () => ({ message: aboveCeiling }) })
}

/** A name is nobody's: whoever makes a token calls it what they like. */
function judgeImpostors({ input: { impostors = {} } }: Case, findings: Finding[]): void {
  for (const [asset, known] of Object.entries(impostors))
    findings.push({
      code: 'TOKEN_IMPOSTOR',
      verdict: 'APPROVAL',
      tell: () => ({
        message: `the token ${asset.slice(asset.lastIndexOf(':') + 1)} calls itself like ${known}, and is another one; if it is meant, add it under a name of its own (waiaas token add)`,
        observed: asset,
        allowed: known,
      }),
    })
}

/** A human compares the addresses, unless a list of the operator's names this very one. */
function judgeRecipients(applying: readonly Policy[], of: Case, findings: Finding[]): void {
  if (of.isLane) return
  const isListed = (recipient: string) => applying.some((policy) => policy.names(addressKey(recipient)))
  for (const recipient of of.input.neverFunded ?? []) {
    if (isListed(recipient)) continue
    findings.push({
      code: 'RECIPIENT_NEVER_FUNDED',
      verdict: 'APPROVAL',
      tell: () => ({
        message: `${recipient} belongs to a program, like the vault of a multisig, and has never received anything; if it is mistyped, the money is lost, so compare all of it`,
        observed: recipient,
      }),
    })
  }
  for (const [recipient, known] of Object.entries(of.input.lookalikes ?? {})) {
    if (isListed(recipient)) continue
    findings.push({
      code: 'RECIPIENT_LOOKALIKE',
      verdict: 'APPROVAL',
      tell: () => ({
        message: `${recipient} begins and ends like ${known}, which this wallet has paid, and is another address; compare all of it`,
        observed: recipient,
        allowed: known,
      }),
    })
  }
}

/** What the session was issued for bounds what the policies allow. */
function judgeSession({ input: { constrained }, bill, isLane }: Case, findings: Finding[]): void {
  if (!constrained || isLane) return
  const heldUsd = bill.items.every(({ usd }) => usd !== null) ? bill.knownUsd : null
  for (const { code, ...fault } of constrained.faults({ usd: bill.totalUsd, heldUsd }))
    findings.push({ code, verdict: 'DENY', tell: () => fault })
}

/** What is refused because no policy allows it. */
function judgeAbsence(applying: readonly Policy[], of: Case, findings: Finding[]): void {
  const present = new Set<string>()
  for (const { type } of applying) present.add(type)
  for (const type of ALLOWING) if (!present.has(type)) findings.push(...types[type].absent(of))
}
const ALLOWING = POLICY_TYPES.filter((type) => types[type].mayAllow)

function refusedByFault(input: EvaluateInput, error: unknown): Judgement {
  const message = 'the request could not be judged; the log of the daemon says why'
  const { day, month } = input.spent
  return {
    decision: {
      outcome: 'DENY',
      tier: 'APPROVAL',
      usd: null,
      reasons: [{ code: 'POLICY_RULES_CORRUPT', message }],
      headroom: { asset: null, amount: '0', usd: 0, limits: [] },
      policyVersion: input.policyVersion,
      inputs: {
        now: input.now,
        ...(input.latest !== undefined && { latest: input.latest }),
        kind: input.kind,
        walletId: input.wallet.id,
        network: input.network.id,
        policies: input.policies.map(({ recorded }) => recorded),
        prices: {},
        spent: { dayUsd: String(day.total), monthUsd: String(month.total) },
        requests: [],
        toggles: { ...input.toggles },
      },
    },
    fault: error,
    usd: null,
    totalUsd: null,
    unpriced: [],
    reserve: [],
    fromReserve: ZERO_USD,
    mayRun: false,
    percent: () => null,
  }
}
