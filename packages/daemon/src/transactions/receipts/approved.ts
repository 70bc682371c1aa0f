import {
  addressKey,
  type Decision,
  type Effects,
  factsOf,
  PASSKEY_PREFIX,
  type Receipt,
  receiversOf,
} from '@waiaas/contract'
import { NEEDED_LINE } from '../../owners/service.ts'
import { digestOf } from '../cards/code.ts'
import { digestOfWithdrawal } from '../sweeps/agreed.ts'
import { checked, type Findings, faults, joined, nothing, proven, word } from './findings.ts'
import { canonical } from './form.ts'

/** Reads what owners sign; asks no node. */
export type Signing = {
  /** Whether the key of an address made a signature over a text, as wallets of its family sign texts. */
  isSigned(address: string, text: string, signature: string): boolean
  /** The page on which a passkey signed a text, for its host and with a person verified; fails unless it did. */
  passkeyPage(passkey: { rpId: string; publicKey: string }, text: string, signature: string): string
}

/** A row of evidence, with its details read. */
type Details = Readonly<Record<string, unknown>>
export type Told = { readonly event: string; readonly actor: string; readonly at: number; readonly details: Details }

/** A row is written a little after what it tells of, in the same transaction. */
const ROW_MS = 60_000

/** Holds an approval against its row, and what an owner signed for it against digest, wallet and key. */
export function approved(receipt: Receipt, told: readonly Told[], signing: Signing): Findings {
  const { approval, transaction, issuedTo, decisions } = receipt
  if (approval === null) return nothing
  const rows = told.filter(({ event }) => event === 'TX_APPROVED')
  // Of a plan one step is told for all; the row may be hidden.
  if (rows.length === 0)
    return issuedTo === 'session' || transaction.planId !== null
      ? joined(word(`that ${approval.by} approved it`), enough(receipt, false), consented(receipt, signing))
      : faults('it was approved, and its evidence has no approval')
  const isTold = rows.some(
    ({ actor, at, details }) =>
      actor === approval.by &&
      at >= approval.at &&
      at - approval.at < ROW_MS &&
      details.usd === approval.usdMicros &&
      (details.maxFee === undefined || details.maxFee === approval.maxFee) &&
      (issuedTo === 'session' || isWholeConsent(approval, details)) &&
      details.digest === transaction.digest,
  )
  const bound = decisions
    .map(({ text }) => (JSON.parse(text) as Decision).inputs.context?.feeBound)
    .findLast((each) => each !== undefined)
  return joined(
    checked(`it was approved by ${approval.by}, for exactly this digest`, {
      'the approval is not the one that its evidence names': isTold,
      'the fee that was approved is not the one that was judged with':
        bound === undefined ||
        (transaction.planId === null ? bound === approval.maxFee : isWithin(approval.maxFee, bound)),
    }),
    // A step is judged with those behind it.
    bound === undefined || transaction.planId === null
      ? nothing
      : word('what fees were approved for the other steps of its plan: their receipts have them'),
    enough(receipt, true),
    takenOut(receipt),
    consented(receipt, signing),
  )
}

/** A step of what owners take out goes to where they signed that all goes, from a network that they named. */
function takenOut({ approval, transaction, network, effects }: Receipt): Findings {
  const { withdrawal } = approval!
  if (!withdrawal) return nothing
  const where = checked('it takes out what a wallet holds, on a network for which owners signed', {
    'its network is none for which the owners signed': withdrawal.networks.includes(network.id),
    'it is no step of what was taken out': transaction.sweepId !== null,
  })
  if (effects === null) return joined(where, word('to whom it goes: its effects are gone'))
  const to = receiversOf(factsOf(JSON.parse(effects) as Effects), transaction.address)
  return joined(
    where,
    checked(`all that it moves goes to ${withdrawal.to}, for which owners signed`, {
      'it pays somebody else than those for whom the owners signed': to.every(
        (each) => each === transaction.address || addressKey(each) === addressKey(withdrawal.to),
      ),
    }),
  )
}

const isWithin = (fee: string | null, bound: string): boolean => fee !== null && BigInt(fee) <= BigInt(bound)

type Approval = NonNullable<Receipt['approval']>
const signedIn = ({ consent, others = [] }: Approval): Signed[] => [...others, ...(consent ? [consent] : [])]
const signerIn = ({ nonce, owner, address, network, passkey }: Signed) => ({ nonce, owner, address, network, passkey })
const inOrder = (all: readonly object[]): string => canonical(all.map(canonical).sort())

/** What all owners signed who had to, by whom and with which key: none is left out, and none is from elsewhere. */
function isWholeConsent(approval: Approval, { consent, consents, signers, needed }: Details): boolean {
  const signed = signedIn(approval)
  if (consent !== approval.consent?.nonce || approval.needed !== needed) return false
  if (Array.isArray(signers)) return inOrder(signers) === inOrder(signed.map(signerIn))
  // Earlier releases named no signers.
  const nonces = signed.map(({ nonce }) => nonce).sort()
  return canonical(nonces) === canonical(Array.isArray(consents) ? [...consents].sort() : nonces.slice(0, 1))
}

/** Whether as many different owners signed as had to: two credentials of one owner are one voice. */
function enough(receipt: Receipt, isTold: boolean): Findings {
  const approval = receipt.approval!
  const signed = signedIn(approval)
  if (signed.length === 0) return nothing
  const { needed } = approval
  if (needed === undefined) return word('how many owners had to sign: it was approved before that was kept')
  const owners = new Set(signed.map(({ owner }) => owner))
  const count = needed === 1 ? 'one owner' : `${needed} different owners`
  const named = signed.map(neededIn)
  return joined(
    checked(`as many owners signed as had to: ${count}`, {
      [`${count} had to sign, and ${owners.size} did`]: owners.size >= needed,
      'another number of owners had to sign than they signed for': named.every(
        (each) => each === undefined || each === String(needed),
      ),
      'who of the owners signed is not said': signed.every(({ owner }) => owner !== undefined),
      'owners have read different words': new Set(signed.map(({ message }) => wordsIn(message))).size === 1,
    }),
    // Nonces alone, and texts of earlier releases, name no number.
    isTold || named.every((each) => each !== undefined)
      ? nothing
      : word('how many owners had to sign: the receipt of the step on which they answered proves it'),
  )
}
/** How many owners had to agree, by what one of them signed. */
const neededIn = ({ message }: Signed): string | undefined =>
  message
    .split('\n')
    .find((line) => line.startsWith(`- ${NEEDED_LINE}`))
    ?.slice(`- ${NEEDED_LINE}`.length)
/** What is agreed to, as people read it: the statement of a sign-in text. */
const wordsIn = (message: string): string | undefined => message.split('\n')[3]

function consented(receipt: Receipt, signing: Signing): Findings {
  const { by, consent } = receipt.approval!
  const { issuedTo } = receipt
  if (consent === null)
    return issuedTo === 'session'
      ? word(`that it was ${by}: what an owner signs is not for agents`)
      : word(
          by === 'operator'
            ? `that it was ${by} who showed the password: no signature of a person is part of that`
            : `that it was ${by}: what they signed is not about this transaction alone`,
        )
  return joined(
    checked('who approved it is the one whose signature came last', {
      'the owner who signed is not the one who approved': by === `owner:${consent.address}`,
    }),
    ...signedIn(receipt.approval!).map((one) => signedFor(receipt, one, signing)),
  )
}

/** One of the owners. */
function signedFor(receipt: Receipt, consent: Signed, { isSigned, passkeyPage }: Signing): Findings {
  const { of, isDigest, asks } = askedIn(receipt, consent)
  const lines = consent.message.split('\n')
  const isAsked = asks.some((id) => lines.includes(`Request ID: ${id}`)) || asks.length === 0
  const rest = [`Nonce: ${consent.nonce}`, `- urn:waiaas:sha256:${consent.digest}`, ...of.lines]
  const who = joined(
    checked(`what ${consent.address} was asked to sign is ${of.what}`, {
      'the owner signed for something else than this digest': isDigest,
      'the owner signed another text':
        consent.message === consent.nonce || (isAsked && rest.every((line) => lines.includes(line))),
    }),
    consent.message === consent.nonce
      ? word('what the nonce stands for that the owner signed: the daemon bound it to this approval')
      : nothing,
  )
  if (consent.network !== null)
    return joined(who, word(`that the contract ${consent.address} accepts the signature: ask it on ${consent.network}`))
  if (consent.address.startsWith(PASSKEY_PREFIX)) return joined(who, byPasskey(consent, passkeyPage))
  return joined(
    who,
    checked(`the key of ${consent.address} signed it`, {
      'the signature is not one of the owner': isSigned(consent.address, consent.message, consent.signature),
    }),
  )
}

function byPasskey({ address, passkey, message, signature }: Signed, passkeyPage: Signing['passkeyPage']): Findings {
  if (!passkey) return word(`that it is the passkey ${address} that signed: it was approved before its key was kept`)
  try {
    return joined(
      proven(`${address} signed it with a person verified, on the page at ${passkeyPage(passkey, message, signature)}`),
      word(`that ${address} is of the owner: the log has the same key where it was added`),
    )
  } catch (error) {
    return faults(`the signature is not one of the passkey: ${error instanceof Error ? error.message : String(error)}`)
  }
}

type Signed = NonNullable<Approval['consent']>
/** What a signature has to be about, by its digest and lines; `asks` are the ids one of which it names. */
function askedIn({ transaction, plan, approval }: Receipt, { digest }: Signed) {
  const { walletId } = transaction
  const wallet = `- urn:waiaas:wallet:${walletId}`
  if (approval!.withdrawal) {
    const of = { what: 'to take all out of this wallet', lines: ['- urn:waiaas:action:withdraw', wallet] }
    const isDigest = digest === digestOfWithdrawal({ id: walletId, ...approval!.withdrawal })
    return { of, isDigest, asks: [walletId] }
  }
  // Of a plan one signature is for all steps; they are gone once their requests are.
  const steps = transaction.planId === null ? [transaction] : plan
  const isOneOf = steps.some(({ id, digest: own }) => id === transaction.id && own === transaction.digest)
  return {
    of: { what: 'the approval of this very digest, for this wallet', lines: ['- urn:waiaas:action:approve', wallet] },
    isDigest: steps.length === 0 || (isOneOf && digest === digestOf(steps)),
    asks: steps.map(({ id }) => id),
  }
}
