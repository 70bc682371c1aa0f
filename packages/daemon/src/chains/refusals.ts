/**
 * What the errors of nodes and of the proxies before them mean, in the words that are in use. The one place of the
 * transport that reads message texts.
 */
type NodeError = { readonly code: number; readonly message: string; readonly data?: unknown }

export type Refusal =
  /** Too many calls, or more than was paid for: the same call is answered later. */
  | 'limited'
  /** The node does not follow the chain: what it says is old. */
  | 'behind'
  /** The method is not offered here. */
  | 'unsupported'
  /** A key or permission is missing; whether for this method or for all does not show. */
  | 'forbidden'
  /** What was sent together was too much. */
  | 'too-much'
  /** Data that this node has not got, or a fault of its own: another may answer. */
  | 'local'
  /** The node's own word on the call. */
  | 'answer'

// A contract says what it likes in a revert, and none of that is about the node.
const isRevert = ({ code, message }: NodeError) => code === 3 || /revert|vm (execution|exception)/i.test(message)

const limitedWords =
  /rate.?limit|too many (requests|calls)|requests? (limit|exceed)|(call|request) rate|\brps\b|throughput|per[ -]second|quota|compute.?units|capacity (limit|exceeded)|^limit exceeded|throttl|slow down/i
const behindWords = /behind by|node is (behind|unhealthy|syncing|not synced)|still syncing|minimum context slot/i
const unsupportedWords =
  /unsupported.{0,20}\b(method|rpc)|\b(method|rpc|command)\b.{0,80}\b((is|are) )?(not|isn't|un)[ -]?(found|supported|available|exists?|allowed|enabled|whitelisted|permitted|implemented|offered|recognized)|\bmethod\b.{0,80}\b(does ?n[o']t exist|disabled|blocked|restricted|forbidden|only available)|(unknown|no such|blocked|disabled|restricted) (rpc )?method|not (white|allow)listed|(upgrade|higher|paid|growth|business|premium|dedicated|enterprise).{0,40}\b(plan|tier|subscription)|\b(plan|tier|subscription)\b.{0,60}\b(not|only|upgrade)|not available on|rpc call.{0,40}disabled|(transaction history|this feature) is not available|excluded from account secondary indexes/i
const archiveWords = /archive/i
const forbiddenWords =
  /unauthori[sz]ed|unauthenticated|authenticat|forbidden|access denied|api.?key|project id|personal token/i
const tooMuchWords = /response (is |size )?(too large|exceed|limit)|(request|payload|body|entity) (is )?too large/i
const localWords =
  /missing trie node|header not found|unknown block|block not available|block.?out.?of.?range|(beyond|exceeds|greater than|above|ahead of) (the )?(current |latest )?(head|block (height|number))|cleaned up|pruned|historical state|state .{0,40}not available|time(d )?out|^internal( server| json-?rpc)? error\.?$/i

/** Calls that run foreign code: words in their errors can be a stranger's. */
const runsForeignCode = (method: string) =>
  /^(eth_call|eth_estimateGas|eth_createAccessList|simulateTransaction)$/.test(method)

/** What one error says. Whether the method is believed to be missing for later calls too is `isLearnt`. */
export function readRefusal(error: NodeError): Refusal {
  const { code, message } = error
  if (isRevert(error)) return 'answer'
  if (behindWords.test(message)) return 'behind'
  if (speaksOfBatches(error) || tooMuchWords.test(message)) return 'too-much'
  if (code === 429 || code === -32429 || code === -32005 || limitedWords.test(message)) return 'limited'
  // Solana's "minimum context slot not reached"; on Base it is a limit, and says so in words.
  if (code === -32016) return 'behind'
  if (localWords.test(message)) return 'local'
  if (isMissing(code) || unsupportedWords.test(message) || archiveWords.test(message)) return 'unsupported'
  if (code === 401 || code === 403 || code === -32401 || code === -32403 || forbiddenWords.test(message))
    return 'forbidden'
  return 'answer'
}

// -32601 of JSON-RPC, -32004 of EIP-1474; -32004 of Solana is a block that is not there yet, which its words tell.
const isMissing = (code: number) => code === -32601 || code === -32004

/** A node's error that says: this method, or this use of it, is not offered here. False for reverts and for limits. */
export const isUnsupported = (error: NodeError): boolean => readRefusal(error) === 'unsupported'

/** An unsupported call says so of every call of its method, and not of old data alone; strangers' words do not count. */
export const isLearnt = (method: string, error: NodeError): boolean =>
  isMissing(error.code) || !(archiveWords.test(error.message) || runsForeignCode(method))

const speaksOfBatches = ({ message }: NodeError): boolean => /\bbatch/i.test(message)

/** An error that refuses a batch as such: in words, by the status 413, or as what a server says that takes no arrays. */
export const refusesTogether = (error: NodeError): boolean =>
  readRefusal(error) === 'too-much' || error.code === 413 || error.code === -32600 || error.code === -32700

/**
 * How many calls at once are allowed by an error that refused `count` of them: the number that it names, one where it
 * speaks of no size, and else half as many.
 */
export function mostNamed(error: NodeError, count: number): number {
  const text = `${error.message} ${typeof error.data === 'string' ? error.data : ''}`
  const numbers = [...text.matchAll(/(?<![\w.])\d{1,6}(?![\w.]\d)/g)].map(([digits]) => Number(digits))
  const named = Math.max(0, ...numbers.filter((number) => number > 0 && number < count))
  if (named > 0) return named
  const speaksOfSize = /size|large|long|many|more than|exceed|limit|max|number of/i.test(text)
  return speaksOfBatches(error) && !speaksOfSize ? 1 : Math.floor(count / 2)
}
