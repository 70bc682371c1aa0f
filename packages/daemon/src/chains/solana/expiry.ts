import { isFailure } from '@waiaas/contract'
import type { Attempt, Rpc } from '../chain.ts'
import { isIncluded, type Reach, type Status, searchedStatuses } from './statuses.ts'

/** Blocks for which a blockhash can be used: https://solana.com/docs/core/transactions */
const validBlocks = 150
// Slots without a block make the history longer than the count of blocks says; three of four is far beyond any outage seen.
const slotsPerBlock = 4

export type Finding = { readonly status: Status } | { readonly proof: string }

/**
 * Looks for attempts that the recent memory does not know and whose last valid height was final before. Each of the
 * witnesses is one node; two must agree where two are configured. An attempt without a finding stays open.
 */
export async function searchExpired(
  witnesses: readonly Rpc[],
  attempts: readonly Attempt[],
): Promise<Map<string, Finding>> {
  const findings = new Map<string, Finding>()
  if (attempts.length === 0) return findings
  const hashes = attempts.map(({ hash }) => hash)
  const needed = Math.min(2, witnesses.length)
  const silent = new Map<string, string[]>()
  for (const { statuses, reach } of await askEnough(witnesses, hashes)) {
    for (const { hash, lifetime } of attempts) {
      const status = statuses.get(hash)
      if (status) findings.set(hash, { status })
      else if (covers(reach, lifetime.lastValid)) silent.set(hash, [...(silent.get(hash) ?? []), told(reach)])
    }
  }
  for (const { hash, lifetime } of attempts) {
    const agreeing = silent.get(hash) ?? []
    if (findings.has(hash) || agreeing.length < needed) continue
    findings.set(hash, {
      proof: `valid to block ${lifetime.lastValid}, no such signature at ${agreeing.join(' and at ')}`,
    })
  }
  return findings
}

/** Which of the signatures two witnesses, or the only one, show as included and failed; and which some show as succeeded. */
export async function agreedFailures(
  witnesses: readonly Rpc[],
  hashes: readonly string[],
): Promise<{ agreed: string[]; disputed: string[] }> {
  if (hashes.length === 0) return { agreed: [], disputed: [] }
  const answers = await askEnough(witnesses, hashes)
  const isEnough = answers.length >= Math.min(2, witnesses.length)
  const errors = (hash: string) =>
    answers
      .map(({ statuses }) => statuses.get(hash))
      .map((status) => (status && isIncluded(status) ? status.err : undefined))
  return {
    agreed: hashes.filter((hash) => isEnough && errors(hash).every((error) => error !== null && error !== undefined)),
    disputed: hashes.filter((hash) => errors(hash).includes(null)),
  }
}

/** The answers of two witnesses, or of as many as there are and answer. */
async function askEnough(witnesses: readonly Rpc[], hashes: readonly string[]) {
  const answers: Awaited<ReturnType<typeof searchedStatuses>>[] = []
  for (const witness of witnesses) {
    if (answers.length === 2) break
    const answer = await ask(witness, hashes)
    if (answer) answers.push(answer)
  }
  return answers
}

// A node that is down proves nothing; the attempts stay open until enough nodes answer.
async function ask(witness: Rpc, hashes: readonly string[]) {
  try {
    return await searchedStatuses(witness, hashes)
  } catch (error) {
    if (isFailure(error, 'CHAIN_ERROR')) return null
    throw error
  }
}

/** The node has finalized a block above the last valid one and still has every slot in which the bytes could land. */
function covers({ slot, height, oldest }: Reach, lastValid: number | undefined): boolean {
  if (lastValid === undefined || height <= lastValid) return false
  const firstPossible = slot - slotsPerBlock * (height - (lastValid - validBlocks))
  return oldest <= Math.max(firstPossible, 0)
}

const told = ({ slot, height }: Reach): string => `finalized block ${height} (slot ${slot})`
