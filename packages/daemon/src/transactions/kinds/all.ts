import { DEFAULT_TYPE, type Labels, labelTexts, type SendRequest, type SendType } from '@waiaas/contract'
import type { Intent, IntentOf, Token } from '../../chains/intent.ts'
import { sha256 } from '../../platform/sha256.ts'
import { type GasSettings, type StoredCondition, storedCondition } from '../gas/condition.ts'
import { approve, approveNft, parseApprove } from './approve.ts'
import { batchOf, parseBatch } from './batch.ts'
import { contractCall, parseContractCall } from './contract-call.ts'
import { contractDeploy, parseContractDeploy } from './contract-deploy.ts'
import type { Headline, Kind, Parse, Parsing, Place } from './kind.ts'
import { lane } from './lane.ts'
import { nftTransfer, parseNftTransfer } from './nft-transfer.ts'
import { priced, withPriorityFee } from './priority-fee.ts'
import { programCall } from './program-call.ts'
import { serialized } from './serialized.ts'
import { termed, withTerms } from './terms.ts'
import { text } from './text.ts'
import { parseTokenTransfer, tokenTransfer } from './token-transfer.ts'
import { parseTransfer, transfer } from './transfer.ts'
import { typedData } from './typed-data.ts'

/** Every kind of intent. A new kind is a file and a line here, and one below if agents can ask for it. */
const kinds: { readonly [K in Intent['kind']]: Kind<IntentOf<K>> } = {
  transfer: termed(priced(transfer)),
  'token-transfer': termed(priced(tokenTransfer)),
  'contract-call': termed(contractCall),
  'contract-deploy': termed(contractDeploy),
  'program-call': priced(programCall),
  approve: termed(priced(approve)),
  'approve-nft': approveNft,
  'nft-transfer': nftTransfer,
  batch: priced(batchOf((intent) => kindOf(intent))),
  text,
  'typed-data': typedData,
  serialized,
  lane,
}
const parsers: { readonly [T in SendType]: Parse<T> } = {
  TRANSFER: parseTransfer,
  TOKEN_TRANSFER: parseTokenTransfer,
  CONTRACT_CALL: parseContractCall,
  APPROVE: parseApprove,
  NFT_TRANSFER: parseNftTransfer,
  BATCH: parseBatch((input, on) => parseIntent(input, on)),
  CONTRACT_DEPLOY: parseContractDeploy,
}
/** The type under which what the daemon does of its own accord is listed. */
export const OWN_TYPE = DEFAULT_TYPE
/** Whether a lane asked for it to fill a gap: of what no session asks for all else is of a sweep, or of another type. */
export const isFill = (row: { session_id: string | null; sweep_id: string | null; type: string }): boolean =>
  row.session_id === null && row.sweep_id === null && row.type === OWN_TYPE

/** The intent's own row of the table. */
const kindOf = ({ kind }: Intent): Kind<Intent> => kinds[kind] as Kind<Intent>

/** A request as it is stored: parsed, defaults resolved, amounts exact. */
export type StoredRequest = { readonly type: string; readonly network: string; readonly intent: Intent }
/** `hash` is that of the text, and of labels and gas condition where there are some. */
export type ParsedRequest = {
  readonly stored: StoredRequest
  readonly text: string
  readonly hash: string
  readonly labels?: Labels | undefined
  readonly gas?: StoredCondition | undefined
}

/** The type under which what is signed for its caller is listed. */
export const SIGN_TYPE = 'SIGN'

/** What is to be signed and not sent by the daemon, as it is stored. */
export function signRequest(network: string, intent: Intent, labels?: Labels): ParsedRequest {
  const stored = { type: SIGN_TYPE, network, intent }
  const written = encodeRequest(stored)
  return { stored, text: written, hash: sha256(written + labelled(labels)), labels }
}

/** Turns what the wire says into an exact intent. Failures: those of addresses, amounts, tokens and gas conditions. */
export async function parseRequest(
  input: SendRequest,
  on: Parsing & { readonly gas: GasSettings },
): Promise<ParsedRequest> {
  const intent = await parseIntent(input, on)
  const stored = { type: input.type, network: on.chain.network.id, intent }
  const text = encodeRequest(stored)
  const { labels, gasCondition } = input
  const gas = gasCondition && storedCondition(gasCondition, on.chain.network, on.gas)
  const beside =
    labelled(labels) + (gas === undefined ? '' : JSON.stringify({ ...gas, timeoutSeconds: gasCondition?.timeout }))
  return { stored, text, hash: sha256(text + beside), labels, gas }
}

/** Nothing without labels: earlier requests have the hash of their text alone. */
const labelled = (labels: Labels = {}): string => {
  const texts = labelTexts(labels)
  return texts.length === 0 ? '' : JSON.stringify(texts)
}

async function parseIntent(input: SendRequest, on: Parsing): Promise<Intent> {
  // The schema let the input pass as one of its type.
  const parse = parsers[input.type] as (input: SendRequest, on: Parsing) => Promise<Intent>
  const intent = await parse(input, on)
  const priced = input.priorityFee === undefined ? intent : withPriorityFee(intent, input.priorityFee, on.chain)
  return input.evm === undefined ? priced : withTerms(priced, input.evm, on.chain)
}

/** The types that a request is of: its own, and those of its parts. */
export const typesOf = (type: string, intent: Intent): string[] => [type, ...(kindOf(intent).types?.(intent) ?? [])]

/** The network that a request names: by itself, or in the CAIP-19 name of its token. */
export function networkOf({ network, token }: SendRequest): string | undefined {
  const [chain, asset] = token?.assetId?.split('/') ?? []
  return network ?? (asset === undefined ? undefined : chain)
}

/** JSON with the amounts as text and the fields in one order, so that equal requests are equal texts. */
export const encodeRequest = ({ type, network, intent }: StoredRequest): string =>
  JSON.stringify({ type, network, intent: kindOf(intent).store(intent) })

/** Reads what `encodeRequest` wrote. */
export function decodeRequest(text: string): StoredRequest {
  const { type, network, intent } = JSON.parse(text) as StoredRequest & { intent: Record<string, unknown> }
  return { type, network, intent: kindOf(intent).restore(intent) }
}

/** Whether it is signed and is no transaction. */
export const isMessage = (intent: Intent): boolean => kindOf(intent).isMessage === true
/** Whether its caller has built it and sends it. */
export const isGiven = (intent: Intent): boolean => kindOf(intent).isGiven === true
export const headlineOf = (intent: Intent, place: Place): Headline => kindOf(intent).headline(intent, place)
export const tokensOf = (intent: Intent): readonly Token[] => kindOf(intent).tokens(intent)
export const memoOf = (intent: Intent): string | null => kindOf(intent).memo(intent)
