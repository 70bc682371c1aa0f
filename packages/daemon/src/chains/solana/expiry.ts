import { isFailure } from '@waiaas/contract'
import { countOf, listOf, OddAnswer } from '../answers.ts'
import type { Attempt } from '../follow.ts'
import { type Rpc, RpcError } from '../rpc.ts'
import { type Final, isIncluded, isUnread, type Status, searchedStatuses, type Unread } from './statuses.ts'

/** Blocks for which a blockhash can be used: https://solana.com/docs/core/transactions */
const validBlocks = 150
// Slots without a block make the history longer than the count of blocks says; three of four is far beyond any outage seen.
const slotsPerBlock = 4
/** Slots in a row without a block, beyond any outage in which the cluster went on. */
const skippedMost = 64

/** Where it is, or that it is nowhere and never will be, or why neither is known. */
export type Finding = { readonly status: Status | Unread } | { readonly proof: string } | { readonly open: string }

/**
 * Looks for attempts that the recent memory does not know and whose last valid height was final before. Each of the
 * witnesses is one node; two must agree where two are configured. An attempt without proof stays open.
 */
export async function searchExpired(
  witnesses: readonly Rpc[],
  attempts: readonly Attempt[],
): Promise<Map<string, Finding>> {
  const findings = new Map<string, Finding>()
  if (attempts.length === 0) return findings
  const needed = Math.min(2, witnesses.length)
  const silent = new Map<string, string[]>()
  const unread = new Map<string, Finding>()
  const open = new Map<string, string>()
  const { answers, complaints } = await askEnough(
    witnesses,
    attempts.map(({ hash }) => hash),
  )
  for (const { witness, statuses, final } of answers) {
    const nowhere: Attempt[] = []
    for (const attempt of attempts) {
      const status = statuses.get(attempt.hash)
      if (isUnread(status)) unread.set(attempt.hash, { status })
      else if (status) findings.set(attempt.hash, { status })
      else nowhere.push(attempt)
    }
    const covered = final ? await coveredBy(witness, final, nowhere) : undefined
    for (const { hash, lifetime } of nowhere) {
      if (final && covered?.(lifetime.lastValid)) silent.set(hash, [...(silent.get(hash) ?? []), told(final)])
      else
        open.set(
          hash,
          'an endpoint does not show that it still has, and has finalized, all blocks in which it could be',
        )
    }
  }
  for (const { hash, lifetime } of attempts) {
    const agreeing = silent.get(hash) ?? []
    if (findings.has(hash)) continue
    const proof = `valid to block ${lifetime.lastValid}, no such signature at ${agreeing.join(' and at ')}`
    const why = open.get(hash) ?? `too few endpoints answer: ${complaints.join('; ')}`
    const otherwise = unread.get(hash) ?? { open: why.slice(0, 300) }
    findings.set(hash, agreeing.length < needed ? otherwise : { proof })
  }
  return findings
}

/** Which of the signatures two witnesses, or the only one, show as included and failed; and which some show as succeeded. */
export async function agreedFailures(
  witnesses: readonly Rpc[],
  hashes: readonly string[],
): Promise<{ agreed: string[]; disputed: string[] }> {
  if (hashes.length === 0) return { agreed: [], disputed: [] }
  const { answers } = await askEnough(witnesses, hashes)
  const isEnough = answers.length >= Math.min(2, witnesses.length)
  const errors = (hash: string) =>
    answers
      .map(({ statuses }) => statuses.get(hash))
      .map((status) => (status && !isUnread(status) && isIncluded(status) ? status.err : undefined))
  return {
    agreed: hashes.filter((hash) => isEnough && errors(hash).every((error) => error !== null && error !== undefined)),
    disputed: hashes.filter((hash) => errors(hash).includes(null)),
  }
}

type Searched = Awaited<ReturnType<typeof searchedStatuses>> & { readonly witness: Rpc }

/** The answers of two witnesses, or of as many as there are and answer. */
async function askEnough(witnesses: readonly Rpc[], hashes: readonly string[]) {
  const answers: Searched[] = []
  const complaints: string[] = []
  for (const witness of witnesses) {
    if (answers.length === 2) break
    try {
      answers.push({ witness, ...(await searchedStatuses(witness, hashes)) })
    } catch (error) {
      // A node that is down proves nothing; the attempts stay open until enough nodes answer.
      if (!isFailure(error, 'CHAIN_ERROR')) throw error
      complaints.push(error.message)
    }
  }
  return { answers, complaints }
}

/** The first slot in which bytes with this last valid height can have landed. */
const firstPossible = ({ slot, height }: Final, lastValid: number): number =>
  Math.max(0, slot - slotsPerBlock * (height - (lastValid - validBlocks)))

/** Of which last valid heights a node has finalized a block above, and still has every slot in which the bytes could land. */
async function coveredBy(
  witness: Rpc,
  final: Final,
  attempts: readonly Attempt[],
): Promise<(lastValid: number | undefined) => boolean> {
  const heights = attempts.flatMap(({ lifetime: { lastValid } }) =>
    lastValid !== undefined && final.height > lastValid ? [lastValid] : [],
  )
  const oldest =
    heights.length === 0
      ? undefined
      : await oldestSlot(
          witness,
          heights.map((height) => firstPossible(final, height)),
        )
  return (lastValid) =>
    oldest !== undefined &&
    lastValid !== undefined &&
    final.height > lastValid &&
    oldest <= firstPossible(final, lastValid)
}

/** The oldest slot that a node is known to have. One that does not name it is asked for blocks at or just before those wanted. */
async function oldestSlot(witness: Rpc, wanted: readonly number[]): Promise<number | undefined> {
  try {
    return countOf(await witness.call<unknown>('getFirstAvailableBlock', []), 'the oldest slot of a node')
  } catch (error) {
    if (!isAnswer(error)) throw error
  }
  const earliest = wanted.reduce((a, b) => Math.min(a, b))
  const latest = wanted.reduce((a, b) => Math.max(a, b))
  return (await blockBefore(witness, earliest)) ?? (latest > earliest ? await blockBefore(witness, latest) : undefined)
}

/** Nodes drop their oldest blocks first, so that one which has this block has all after it. */
async function blockBefore(witness: Rpc, slot: number): Promise<number | undefined> {
  const from = Math.max(0, slot - skippedMost)
  try {
    const blocks = await witness.call<unknown>('getBlocks', [from, slot, { commitment: 'finalized' }])
    const slots = listOf(blocks, 'a list of blocks').map((block) => countOf(block, 'a slot'))
    return slots.find((block) => block >= from && block <= slot)
  } catch (error) {
    if (!isAnswer(error)) throw error
    return undefined
  }
}

const isAnswer = (error: unknown): boolean => error instanceof RpcError || error instanceof OddAnswer

const told = ({ slot, height }: Final): string => `finalized block ${height} (slot ${slot})`
