import { createHash } from 'node:crypto'
import {
  type AllOperations,
  formatUnits,
  type Input,
  type LiftedPayment,
  LOCAL_NETWORKS,
  NETWORKS,
  type Network,
  type Output,
  signedChain,
} from '@waiaas/contract'
import { type WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
import { CommandError } from './errors.ts'
import { printable } from './table.ts'
import { askText, canAsk } from './terminal.ts'

type Approval = Input<AllOperations['adminApproveTransaction']>
type Seen = Output<AllOperations['showOverCeiling']>
type Move = LiftedPayment['moves'][number]
type Tell = (text: string) => void

const USUAL_HOURS = 24
const KNOWN = [...NETWORKS, ...LOCAL_NETWORKS]

/** A client that shows what passes above a ceiling before the password is given for that, and for nothing else. */
export function overCeilings(api: WAIaaSClient, tell: Tell): WAIaaSClient {
  const approve = api.adminApproveTransaction
  return Object.assign(api, {
    adminApproveTransaction: async (input: Approval) => {
      if (!input.overCeiling) return approve(input)
      const { id, maxFee, hours = USUAL_HOURS } = input
      const seen = await api.showOverCeiling({ id })
      const { fee, ...same } = input.payment ?? seen.payment
      const payment = { ...same, fee: maxFee ?? fee }
      await agreed(await shown(api, { ...seen, payment }, hours), tell)
      return approve({ ...input, hours, payment })
    },
  })
}

/** Goes on with a yes alone; where nobody can be asked, the flag was one. */
async function agreed(text: string, tell: Tell): Promise<void> {
  if (!canAsk()) return tell(text)
  const answer = await askText(`${text}\nType yes to go on: `)
  if (answer.trim().toLowerCase() !== 'yes') throw new CommandError('nothing was approved')
}

/** In words, from the values that the password is given for. */
async function shown(api: WAIaaSClient, seen: Seen, hours: number): Promise<string> {
  const { payment, why } = seen
  const network = networkOf(seen)
  const native = (units: string) => nativeText(network, units)
  const tokens = new Map<string, string>()
  for (const { asset, amount } of payment.moves)
    if (asset !== 'native') tokens.set(`${asset} ${amount}`, await tokenText(api, seen.network, { asset, amount }))
  const amountOf = ({ asset, amount }: Move) => tokens.get(`${asset} ${amount}`) ?? native(amount)
  const accounts = await tokenAccounts(api, seen)
  const lines = [
    `This passes above the ceiling of ${payment.sender} on ${placeText(seen, network)}, once:`,
    ...payment.moves.map((move) => moveText({ ...move, to: accounts.get(move) ?? move.to }, amountOf(move))),
    ...(payment.call ? [callText(payment.call, await memoOf(api, seen.id))] : []),
    ...(payment.codeHash === null ? [] : [`  makes a contract of code with the SHA-256 ${payment.codeHash}`]),
    ...payment.memos.map((memo) => `  says "${Buffer.from(memo, 'hex').toString('utf8')}"`),
    `  fee: ${native(payment.fee)} at most`,
    `  why: ${why ?? 'the daemon sees nothing that the ceiling would stop'}`,
    `It may wait ${hours} hours for its signature.`,
  ]
  return lines.map(printable).join('\n')
}

/**
 * Of token payments on Solana to an account that is there already: whose it is, which the bytes do not say. The daemon names
 * an owner, and whether the account is that one's follows from the two.
 */
async function tokenAccounts(api: WAIaaSClient, { id, payment }: Seen): Promise<Map<Move, string>> {
  const texts = new Map<Move, string>()
  const tokens = payment.chain === 'solana' ? payment.moves.filter(({ asset }) => asset !== 'native') : []
  if (tokens.length === 0) return texts
  const owner = (await api.getTransaction({ id })).toAddress ?? ''
  // Loaded here alone: it comes with the whole daemon.
  const { isAssociatedAccount } = await import('@waiaas/daemon')
  for (const move of tokens) {
    if (move.to === owner) continue
    const isOwn = isAssociatedAccount(move.to, { owner, mint: move.asset })
    const whose = isOwn
      ? `${owner} (its token account ${move.to})`
      : `the token account ${move.to}, of whom is not said`
    texts.set(move, whose)
  }
  return texts
}

function moveText({ to, isGrant }: Move, amount: string): string {
  if (isGrant) return `  lets ${to} take ${amount}`
  return to === '' ? `  pays ${amount} to the contract that it makes` : `  pays ${amount} to ${to}`
}

/** Data that is a text is shown as one, where the hash shows that it is the same. */
function callText({ to, others = [], dataHash }: NonNullable<LiftedPayment['call']>, memo: string | undefined): string {
  const isMemo = memo !== undefined && createHash('sha256').update(memo, 'utf8').digest('hex') === dataHash
  return isMemo
    ? `  says "${memo}" to ${to}`
    : `  calls ${[to, ...others].join(' and ')} with data that has the SHA-256 ${dataHash}`
}

const memoOf = async (api: WAIaaSClient, id: string): Promise<string | undefined> =>
  (await api.getTransaction({ id })).memo ?? undefined

/** By what the signer reads. Where bytes do not name one of several networks, which it is is the daemon's word. */
function networkOf({ payment: { chain }, network }: Seen): Network | undefined {
  const [only, another] = networksOn(chain)
  return another ? networksOn(chain).find(({ id }) => id === network) : only
}

const networksOn = (chain: string): Network[] => KNOWN.filter((network) => signedChain(network) === chain)

const placeText = ({ payment: { chain }, network }: Seen, known: Network | undefined): string =>
  networksOn(chain).length > 1 ? `${network}, as the daemon says: the bytes name ${chain} alone` : (known?.id ?? chain)

const nativeText = (network: Network | undefined, units: string): string =>
  network
    ? `${formatUnits(BigInt(units), network.native.decimals)} ${network.native.symbol}`
    : `${units} base units of the native currency`

/** What a token is called and how it divides is the daemon's word. */
async function tokenText(api: WAIaaSClient, network: string, { asset, amount }: Pick<Move, 'asset' | 'amount'>) {
  const units = `${amount} base units of the token ${asset}`
  try {
    const { tokens } = await api.listTokens({ network })
    const isSame = ({ address }: { address: string }) => address.toLowerCase() === asset.toLowerCase()
    const { symbol, decimals } = tokens.find(isSame) ?? (await api.resolveToken({ network, address: asset }))
    return `${formatUnits(BigInt(amount), decimals)} ${symbol}, which is ${units}, as the daemon says`
  } catch (error) {
    if (!(error instanceof WAIaaSError)) throw error
    return units
  }
}
