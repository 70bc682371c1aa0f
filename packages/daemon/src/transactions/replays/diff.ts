import { setImmediate } from 'node:timers/promises'
import {
  Failure,
  type Network,
  nativeAsset,
  type Output,
  type Parsed,
  type policyDraftOperations,
  type Strictness,
  toUnitPrice,
} from '@waiaas/contract'
import { comparison, type Policy, type Price, type ProbeWorld, probes } from '../../policies/service.ts'
import { type Approver, approverOf } from '../owner-answers.ts'
import type { ServiceParts } from '../parts.ts'
import type { WalletFacts } from '../switches.ts'

type Asked = Parsed<typeof policyDraftOperations.diffPolicies>
type Answer = Output<typeof policyDraftOperations.diffPolicies>
type Parts = Pick<
  ServiceParts,
  'database' | 'clock' | 'switches' | 'networksOf' | 'listedTokens' | 'prices' | 'drafted' | 'toggles' | 'usualDelay'
>

/** How many cases are tried at most, and how many before others have their turn. */
const CASES = 10_000
const PIECE = 50

/** Compares a draft with the policies in force, as they judge one wallet. */
export async function diffPolicies(parts: Parts, { walletId, draft }: Asked): Promise<Answer> {
  const { wallet, approver, before, after, networks } = await parts.database.read(async (db) => {
    const wallet = await parts.switches.wallet(db, walletId)
    if (!wallet) throw new Failure('WALLET_NOT_FOUND', `there is no wallet ${walletId}`)
    const [before, after] = [await parts.drafted(db, walletId, {}), await parts.drafted(db, walletId, draft)]
    const networks: Wallet['networks'][number][] = []
    for (const network of networksToTry(parts.networksOf(wallet), { before, after }))
      networks.push({ network, tokens: await parts.listedTokens(db, network) })
    return { wallet, approver: await approverOf(db, walletId), before, after, networks }
  })
  const policies = [...before, ...after]
  const world = worldOf(parts, { wallet, approver, networks, policies })
  const comparing = comparison({ before, after }, world.toggles)
  let count = 0
  for (const of of probes(policies, world)) {
    if (!comparing.isOpen() || ++count > CASES) break
    comparing.look(of)
    if (count % PIECE === 0) await setImmediate()
  }
  const { change, witnesses } = comparing.verdict()
  return {
    ...{ walletId, change, message: MESSAGES[change] },
    witnesses: witnesses.map(({ shows, input, ...decisions }) => ({ shows, effects: input.effects, ...decisions })),
  }
}

/**
 * Where cases are made, the likeliest first, for they are not all tried: where a draft names other networks, one that nothing
 * names, which stands for all that a list leaves out, and those others; then two, and all that policies name.
 */
function networksToTry(all: readonly Network[], { before, after }: Record<'before' | 'after', readonly Policy[]>) {
  const [inBefore, inAfter] = [namesIn(before), namesIn(after)]
  const moved = all.filter((one) => inBefore(one) !== inAfter(one))
  const unnamed = moved.length === 0 ? undefined : all.find((one) => !inBefore(one) && !inAfter(one))
  const named = all.filter((one) => inBefore(one) || inAfter(one))
  return new Set([...(unnamed ? [unnamed] : []), ...moved, ...all.slice(0, 2), ...named])
}

function namesIn(policies: readonly Policy[]): (network: Network) => boolean {
  const texts = policies.map(({ text, network }) => `${text} ${network}`).join(' ')
  return ({ id, caip2 }) => texts.includes(id) || texts.includes(caip2)
}

const MESSAGES: Readonly<Record<Strictness, string>> = {
  same: 'The draft says the same as the policies in force.',
  tighter:
    'The draft is tighter: it lets out nothing that the policies in force hold back, and holds back more, as the witness shows.',
  looser:
    'The draft is looser: it lets out what the policies in force hold back, as the witness shows, and holds back nothing more.',
  different: 'The draft is neither tighter nor looser, or it cannot be proven; the witnesses show what was found.',
}

type Wallet = {
  wallet: WalletFacts
  approver: Approver
  networks: readonly {
    network: ProbeWorld['networks'][number]['network']
    tokens: Awaited<ReturnType<ServiceParts['listedTokens']>>
  }[]
  policies: readonly Policy[]
}

/** Prices are those of now; what has none counts as a dollar a unit. */
function worldOf(
  { clock, prices, toggles, usualDelay }: Parts,
  { wallet, approver, networks, policies }: Wallet,
): ProbeWorld {
  const now = clock.now()
  const dollar = { usdMicros: toUnitPrice(1_000_000n), source: 'assumed', at: now }
  const [stranger = wallet.address, ...strangers] = networks
    .flatMap(({ tokens }) => tokens.map(({ asset }) => asset.slice(asset.lastIndexOf(':') + 1)))
    .slice(0, 2)
  return {
    wallet: { id: wallet.id, chain: wallet.chain, environment: wallet.environment, approver },
    address: wallet.address,
    ...{
      toggles: toggles(),
      usualDelay: usualDelay(),
      now,
      sessions: policies.flatMap(sessionOf),
      strangers: [stranger, ...strangers],
    },
    networks: networks.map(({ network, tokens }) => {
      const native = { asset: nativeAsset(network), decimals: network.native.decimals }
      const all = [native, ...tokens]
      const known = prices.current(
        network,
        all.map(({ asset }) => asset),
      )
      const priced = all.map(({ asset, decimals }): [string, Price] => [asset, known[asset] ?? { ...dollar, decimals }])
      return {
        ...{ network, prices: Object.fromEntries(priced) },
        tokens: Object.fromEntries(tokens.map(({ asset, decimals, symbol }) => [asset, { decimals, symbol }])),
      }
    }),
  }
}

/** One whom a policy of sessions binds. */
const sessionOf = ({ sessionId, sessionLabel }: Policy): ProbeWorld['sessions'][number][] =>
  sessionId === null && sessionLabel === null
    ? []
    : [{ id: sessionId ?? 'a session', labels: sessionLabel === null ? [] : [sessionLabel] }]
