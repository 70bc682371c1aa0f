import {
  addressKey,
  Failure,
  findNetwork,
  invalidField,
  Labels,
  labelTexts,
  type Network,
  parseUsd,
  type Reason,
  remaining,
  SessionConstraints,
  smallest,
  type Usd,
  unknownNetwork,
  usdNumber,
  usdText,
} from '@waiaas/contract'
import type { SessionRow } from './store.ts'

/** How long the token that the operator replaced still opens the session. */
export const GRACE_MS = 60_000

/** What the constraints judge of one request. USD in micro-dollars; null when some part of it has no price. */
export type ConstraintFacts = {
  readonly network: string
  /** Its own, and those of its parts. */
  readonly types: readonly string[]
  readonly recipients: readonly string[]
  readonly usd: Usd | null
  /** All that the session has spent and reserved, this request with its fees included. */
  readonly sessionTotalUsd: Usd | null
}
export type ConstraintFault = Pick<Reason, 'message' | 'observed' | 'allowed'> & {
  readonly code: 'CONSTRAINT_VIOLATED'
}

/** Constraints as the database holds them. Throws when they cannot be read: then nothing of the session may pass. */
export const readConstraints = (text: string | null): SessionConstraints | null =>
  text === null ? null : SessionConstraints.parse(JSON.parse(text))

/** The operator's labels of a session as the database holds them. Throws when they cannot be read. */
export const readLabels = ({ labels }: Pick<SessionRow, 'labels'>): Labels =>
  labels === null ? {} : Labels.parse(JSON.parse(labels))
/** The same, as policies name them. */
export const sessionLabels = (row: Pick<SessionRow, 'labels'>): string[] => labelTexts(readLabels(row))

/** What is asked of constraints, as the database holds them. Throws when they cannot be read. */
export function constraintsOf(text: string) {
  const constraints = readConstraints(text)
  return {
    faults: (facts: ConstraintFacts) => constraintFaults(constraints, facts),
    most: (spent: Usd) => mostOf(constraints ?? {}, spent),
  }
}

/** What one request may cost, after so much that was spent; null: anything. */
function mostOf({ maxTransactionUsd, maxTotalUsd }: SessionConstraints, spent: Usd): Usd | null {
  const single = maxTransactionUsd === undefined ? [] : [parseUsd(maxTransactionUsd)]
  const all = maxTotalUsd === undefined ? [] : [remaining(parseUsd(maxTotalUsd), spent)]
  return smallest([...single, ...all]) ?? null
}

/** Each constraint that a request breaks; none when it may pass. An unknown value or recipient breaks what limits it. */
export function constraintFaults(constraints: SessionConstraints | null, facts: ConstraintFacts): ConstraintFault[] {
  if (!constraints) return []
  const { networks, transactionTypes, allowedAddresses, maxTransactionUsd, maxTotalUsd } = constraints
  return [
    networks && outside('network', networks, [facts.network]),
    transactionTypes && outside('transaction type', transactionTypes, facts.types),
    allowedAddresses && outside('recipient', allowedAddresses.map(addressKey), facts.recipients.map(addressKey)),
    maxTransactionUsd !== undefined &&
      above('one transaction', maxTransactionUsd, { usd: facts.usd, counted: facts.usd }),
    maxTotalUsd !== undefined &&
      above('all transactions of this session', maxTotalUsd, { usd: facts.usd, counted: facts.sessionTotalUsd }),
  ].filter((fault) => typeof fault === 'object')
}

function outside(what: string, allowed: readonly string[], seen: readonly string[]): ConstraintFault | undefined {
  const foreign = seen.find((one) => !allowed.includes(one))
  if (foreign === undefined && seen.length > 0) return undefined
  const observed = foreign ?? `no ${what}`
  const list = allowed.slice(0, 10).join(', ')
  return {
    code: 'CONSTRAINT_VIOLATED',
    message: `the session allows another ${what}: ${list}`,
    observed,
    allowed: list,
  }
}

function above(
  what: string,
  limit: string | number,
  { usd, counted }: { usd: Usd | null; counted: Usd | null },
): ConstraintFault | undefined {
  const most = parseUsd(limit)
  const allowed = usdNumber(most)
  const begin = `the session allows ${usdText(most)} USD for ${what}`
  if (usd === null || counted === null)
    return {
      code: 'CONSTRAINT_VIOLATED',
      message: `${begin}; this one has no known price`,
      observed: 'no price',
      allowed,
    }
  if (counted <= most) return undefined
  return {
    code: 'CONSTRAINT_VIOLATED',
    message: `${begin}, this makes ${usdText(counted)}`,
    observed: usdNumber(counted),
    allowed,
  }
}

/** Constraints with networks under their own ids. Failure ACTION_VALIDATION_FAILED names an unknown one. */
export function canonicalConstraints(
  networks: readonly Network[],
  constraints: SessionConstraints,
): SessionConstraints {
  if (!constraints.networks) return constraints
  const ids = constraints.networks.map((name) => {
    const network = findNetwork(networks, name)
    if (network) return network.id
    throw invalidField(
      'constraints.networks',
      `expected a network such as ${networks[0]?.id}, got ${unknownNetwork(networks, name)}`,
    )
  })
  return { ...constraints, networks: [...new Set(ids)] }
}

/** When a session made now ends, unix milliseconds; 0 is never. Times in seconds, 0 is unlimited. */
export function firstExpiry(
  now: number,
  ttl: number,
  absoluteLifetime: number,
): { expiresAt: number; absoluteEnd: number } {
  const absoluteEnd = absoluteLifetime === 0 ? 0 : now + absoluteLifetime * 1000
  return { absoluteEnd, expiresAt: earlier(ttl === 0 ? 0 : now + ttl * 1000, absoluteEnd) }
}

/** The end that a renewal now gives, unix milliseconds; a Failure says why there is none. */
export function renewedExpiry(row: SessionRow, now: number): number {
  const end = row.absolute_expires_at
  if (end !== 0 && row.expires_at >= end)
    throw new Failure('SESSION_ABSOLUTE_LIFETIME_EXCEEDED', 'the session already lasts as long as it may in all')
  if (row.expires_at === 0) throw new Failure('RENEWAL_NOT_REQUIRED', 'the session does not expire')
  if (row.max_renewals > 0 && row.renewal_count >= row.max_renewals)
    throw new Failure('RENEWAL_LIMIT_REACHED', `the session was renewed ${row.renewal_count} times, as often as it may`)
  const start = row.last_renewed_at ?? row.created_at
  const from = start + Math.ceil((row.expires_at - start) / 2)
  if (now < from) {
    const retryAfter = Math.ceil((from - now) / 1000)
    throw new Failure(
      'RENEWAL_TOO_EARLY',
      `the session can be renewed in ${retryAfter} seconds, after half of its time`,
      {
        retryAfter,
        details: { renewableAt: Math.ceil(from / 1000) },
      },
    )
  }
  return earlier(now + row.ttl * 1000, end)
}

/** When it ends at the latest, however often it is renewed; null is never. */
export function lastExpiry({
  max_renewals,
  renewal_count,
  expires_at,
  absolute_expires_at,
}: SessionRow): number | null {
  const isLast = max_renewals > 0 && renewal_count >= max_renewals
  return (isLast ? expires_at : absolute_expires_at) || null
}

/** Zero is never. */
const earlier = (a: number, b: number): number => (a === 0 || b === 0 ? a + b : Math.min(a, b))

/** Why a session opens nothing now; undefined when it is live. */
export function closedSession(row: Pick<SessionRow, 'revoked_at' | 'expires_at'>, now: number): Failure | undefined {
  if (row.revoked_at !== null) return new Failure('SESSION_REVOKED', 'the session was revoked')
  if (row.expires_at !== 0 && row.expires_at <= now) return new Failure('TOKEN_EXPIRED', 'the session has expired')
  return undefined
}
