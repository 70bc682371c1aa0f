import { beyond, type Decision, type Effect, type Effects, type Receipt } from '@waiaas/contract'
import type { Draft, Hints } from '../../chains/build.ts'
import type { Chain } from '../../chains/chain.ts'
import type { Intent } from '../../chains/intent.ts'
import { sha256 } from '../../platform/sha256.ts'
import { decodeRequest, isMessage } from '../kinds/all.ts'
import { checked, type Findings, faults, joined, missing, nothing, proven, word } from './findings.ts'

/** What of a chain reads bytes, without a node. */
export type ReadingChain = Pick<Chain, 'bytes' | 'decode' | 'anyLifetime' | 'ownLifetime' | 'messages'>
type Signature = Receipt['signatures'][number]

/** Reads anew what the bytes of a receipt do, and holds it against the effects that were judged. */
export function readBytes(receipt: Receipt, chain: ReadingChain): Findings {
  if (receipt.effects === null)
    return missing('what the bytes do: request, effects and bytes had their time and are not kept any more')
  const effects: Effects = JSON.parse(receipt.effects)
  const { signatures } = receipt
  const intent = receipt.request === null ? undefined : decodeRequest(receipt.request).intent
  if (intent && isMessage(intent)) return readMessage(receipt, chain, { intent, effects })
  if (signatures.length > 0) return joined(...signatures.map((each) => readSigned(receipt, chain, { each, effects })))
  if (receipt.draft === null)
    return word(
      'what the bytes would have done: of a request that was refused, or ended before it was built, no bytes are kept',
    )
  const draft: Draft = { body: receipt.draft, maxFee: 0n as Draft['maxFee'] } // of a stored draft, the body alone is read
  const bytes = chain.bytes(receipt.transaction.address, draft, chain.ownLifetime?.(draft) ?? chain.anyLifetime)
  return compared(receipt, chain, { bytes, effects, digest: receipt.transaction.digest })
}

type Asked = { readonly intent: Intent; readonly effects: Effects }

function readMessage(receipt: Receipt, chain: ReadingChain, { intent, effects }: Asked): Findings {
  if (!chain.messages) return faults('this network signs no messages')
  const read = chain.messages.read(receipt.transaction.address, intent)
  const told = sha256(read.bytes)
  return joined(
    checked('the message was read anew: its digest is the one that was decided on', {
      'the digest is not that of the message': read.digest === receipt.transaction.digest,
      'what was signed is not the message that was asked for': receipt.signatures.every(
        ({ bytesHash }) => bytesHash === told,
      ),
    }),
    same(read.effects, effects),
  )
}

type Signed = { readonly each: Signature; readonly effects: Effects }

function readSigned(receipt: Receipt, chain: ReadingChain, { each, effects }: Signed): Findings {
  if (each.bytes === null) return missing('what the signed bytes do: they had their time and are not kept any more')
  const bytes = Buffer.from(each.bytes, 'base64')
  if (sha256(bytes) !== each.bytesHash) return faults(`the bytes of ${each.id} are not those of their hash`)
  if (each.purpose !== 'cancel') return compared(receipt, chain, { bytes, effects, digest: each.digest })
  const decoded = chain.decode(receipt.transaction.address, bytes, {})
  const isNothing = decoded.effects.effects.every((effect) => effect.kind !== 'outflow' || effect.amount === '0')
  return checked('the bytes that took its place were read anew: they move nothing', {
    'the bytes that took its place move something': isNothing,
    'the digest of the bytes that took its place is another one': decoded.digest === each.digest,
  })
}

type Judged = { readonly bytes: Uint8Array; readonly effects: Effects; readonly digest: string | null }

function compared(receipt: Receipt, chain: ReadingChain, { bytes, effects, digest }: Judged): Findings {
  const { address, digest: decided } = receipt.transaction
  const hints: Hints = receipt.hints === null ? {} : JSON.parse(receipt.hints)
  const read = chain.decode(address, bytes, hints)
  return joined(
    checked('the bytes were read anew: their digest is the one that was decided on', {
      'the digest is not that of the bytes': read.digest === digest && read.digest === decided,
      'the bytes can cost a higher fee than what was judged, and no human or judgement let it':
        BigInt(read.effects.fee.max) <= highestFee(receipt, effects),
    }),
    same(read.effects, effects),
  )
}

/** Of the first judgement, of each later one, and what a human let it come to. */
const highestFee = ({ decisions, approval }: Receipt, { fee }: Effects): bigint =>
  [fee.max, approval?.maxFee, ...decisions.map(({ text }) => (JSON.parse(text) as Decision).inputs.worstFee)]
    .filter((each) => typeof each === 'string')
    .map(BigInt)
    .reduce((a, b) => (a > b ? a : b))

/** What bytes tell against what was judged, which also has what nodes saw. */
function same(read: Effects, judged: Effects): Findings {
  const where = read.network === judged.network && read.sender === judged.sender && read.fee.asset === judged.fee.asset
  if (!where) return faults('the effects are of another network or sender than the bytes')
  const [told, known] = [withoutLimits(read.effects), withoutLimits(judged.effects)]
  const isUnlimited = judged.effects.some((effect) => effect.kind === 'approval' && effect.unlimited)
  const supplies = isUnlimited
    ? word('that an allowance of all there is has no limit: nodes told how much there is')
    : nothing
  if (JSON.stringify(told) === JSON.stringify(known))
    return joined(proven('what was judged is what the bytes do, effect by effect'), supplies)
  if (!judged.effects.some(({ kind }) => kind === 'simulated'))
    return faults('the bytes do other things than what was judged')
  const bounded = told.filter((effect) => effect.kind !== 'outflow' || !effect.isMost)
  if (beyond(known, bounded, read.fee.asset).length > 0) return faults('the bytes do more than what was judged')
  return joined(
    proven('the bytes do nothing beyond what was judged'),
    word('what nodes saw a simulation do beside what the bytes tell'),
    supplies,
  )
}

/** Whether an allowance is all that there is, nodes say and not the bytes. */
const withoutLimits = (effects: readonly Effect[]): Effect[] =>
  effects.map((effect) => (effect.kind === 'approval' ? { ...effect, unlimited: false } : effect))
