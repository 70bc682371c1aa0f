import { add, type Effect, parseBase, type Standing, toUnitPrice, toUsd } from '@waiaas/contract'
import type { EvaluateInput, Window } from '../../src/policies/case.ts'
import {
  CAROL,
  CATEGORIES,
  DOMAINS,
  LABEL,
  MARKETS,
  PEOPLE,
  type Random,
  SELECTORS,
  SESSION,
  VENUES,
} from './generated.ts'
import { BOB, ETH, EVE, effects, input, NOON, network, ODD, USDC } from './samples.ts'

// What policies judge, made from a seed. For this folder's tests.

type Effects = { amount(asset: string): string; effect(): Effect }
function effectsFrom(random: Random): Effects {
  const { whole, chance, pick } = random
  const amount = (asset: string) =>
    String(BigInt(whole(12) * 25_000_000 + whole(2)) * (asset === ETH ? 5n * 10n ** 8n : 1n))
  const grant = (): Effect => ({
    kind: 'approval',
    asset: pick([USDC, ODD]),
    amount: `${whole(4)}0000000${whole(1)}`,
    spender: pick(PEOPLE),
    unlimited: chance(0.1),
  })
  const outflow = (): Effect => {
    const asset = pick([ETH, USDC, ODD])
    return { kind: 'outflow', asset, amount: amount(asset), to: pick(PEOPLE) }
  }
  const effect = (): Effect =>
    chance(0.55)
      ? outflow()
      : pick<() => Effect>([
          grant,
          () => ({ kind: 'nft', contract: pick(PEOPLE), tokenId: '1', amount: '1', to: pick(PEOPLE) }),
          () => ({ kind: 'operator', contract: pick(PEOPLE), operator: pick(PEOPLE), isGranted: chance(0.7) }),
          () => ({
            kind: 'call',
            contract: pick(PEOPLE),
            selector: pick([...SELECTORS, null]),
            value: chance(0.5) ? '0' : amount(ETH),
          }),
          () => ({ kind: 'account-creation', owner: pick(PEOPLE), asset: USDC, rent: '2039280' }),
          () => ({ kind: 'message', form: pick(['text', 'sign-in']), domain: pick(DOMAINS) }),
          () => ({
            kind: 'message',
            form: 'typed-data',
            domain: null,
            contract: pick([...PEOPLE, null]),
            primaryType: pick(['Order', 'Mail']),
          }),
          () => ({ kind: 'voucher', deadline: String(Math.floor(NOON / 1_000) + pick([60, 7_200])) }),
          () => ({ kind: 'server', scheme: pick(['x402', 'erc8128']), domain: pick(DOMAINS) }),
          () => ({ kind: 'venue', venue: pick(VENUES) }),
          () => ({
            kind: 'loan',
            action: pick(['supply', 'borrow', 'repay', 'withdraw']),
            lender: 'lender',
            asset: pick([USDC, ODD]),
            amount: amount(USDC),
          }),
          () => ({ kind: 'position', venue: pick(VENUES), market: pick(MARKETS), isReducing: chance(0.2) }),
          () => ({ kind: 'action', category: pick(CATEGORIES) }),
          () => ({ kind: 'deploy', codeHash: '0xabc', value: '0' }),
          () => ({ kind: 'unknown', description: 'something' }),
        ])()

  return { amount, effect }
}

const microsFrom =
  ({ whole }: Random) =>
  () =>
    String(whole(12) * 25_000_000 + whole(2))

function standingFrom(random: Random): () => Standing {
  const { whole, chance, maybe } = random
  const micros = microsFrom(random)
  return () => ({
    ...maybe(0.8, () => ({ loans: { lender: { collateralUsd: micros(), debtUsd: micros() } } })),
    ...maybe(0.8, () => ({
      positions: VENUES.flatMap((venue) =>
        MARKETS.map((market) => ({ venue, market, sizeUsd: micros(), marginUsd: micros() })),
      ),
    })),
    ...maybe(0.8, () => ({
      reputations: PEOPLE.map((address) => ({
        address,
        tag1: '',
        tag2: '',
        isAgent: chance(0.7),
        score: chance(0.8) ? String(whole(100)) : null,
      })),
    })),
    ...maybe(0.8, () => ({
      notionalUsd: micros(),
      categories: Object.fromEntries(CATEGORIES.map((one) => [one, { dayUsd: micros(), monthUsd: micros() }])),
    })),
    ...maybe(0.8, () => ({ signedRequests: Object.fromEntries(DOMAINS.map((domain) => [domain, whole(3)])) })),
  })
}

function pastFrom(random: Random) {
  const { whole, chance, maybe } = random
  function window(atLeast = 0): Window {
    const final = Array.from({ length: whole(3) }, () => ({
      until: NOON + 1 + whole(80) * 900_000,
      usd: toUsd(BigInt(whole(4) * 25_000_000)),
    }))
    const sum = final.reduce((all, { usd }) => all + Number(usd), 0)
    return {
      total: toUsd(BigInt(Math.max(atLeast, sum + whole(4) * 25_000_000 + whole(2)))),
      final,
      ...maybe(0.05, () => ({ fullUntil: NOON + 3_600_000 })),
    }
  }
  function windows() {
    const day = window()
    return { day, month: window(Number(day.total)) }
  }
  function spent(): EvaluateInput['spent'] {
    const own = chance(0.5) ? windows() : undefined
    const all = windows()
    // What a network has spent the wallet has spent.
    const sum = own
      ? {
          day: { ...all.day, total: add(all.day.total, own.day.total) },
          month: { ...all.month, total: add(all.month.total, own.month.total) },
        }
      : all
    return { ...sum, networks: own ? { [network.id]: own } : {}, session: windows() }
  }
  function requests(): EvaluateInput['requests'] {
    const all = Array.from({ length: whole(4) }, () => NOON - whole(700) * 1_000)
    return {
      all,
      networks: { [network.id]: all.filter(() => chance(0.7)) },
      session: Array.from({ length: whole(3) }, () => NOON - whole(700) * 1_000),
      ...maybe(0.03, () => ({ unknownBefore: NOON - 30_000 })),
    }
  }

  return { spent, requests }
}

/** Makes all that a decision depends on, but the policies. */
export function situationsFrom(random: Random): () => Partial<EvaluateInput> {
  const { whole, chance, pick, maybe } = random
  const [micros, standing] = [microsFrom(random), standingFrom(random)]
  const { effect } = effectsFrom(random)
  const { spent, requests } = pastFrom(random)
  return () => {
    const list = chance(0.04)
      ? [{ kind: 'lane', purpose: 'cancel' } as const]
      : Array.from({ length: 1 + whole(1) }, effect)
    const plain = input([])
    const fee = chance(0.8) ? pick([0n, 10n ** 14n, 10n ** 15n]) : 2n * 10n ** 16n
    const again = chance(0.2)
    return {
      effects: effects(list, fee),
      ...maybe(0.9, () => ({
        session: { id: chance(0.8) ? SESSION : 'session-2', labels: chance(0.5) ? [LABEL] : [] },
      })),
      wallet: { ...plain.wallet, approver: again ? 'owner' : 'operator' },
      now: again ? NOON : NOON + whole(167) * 3_600_000,
      ...maybe(0.02, () => ({ latest: NOON + 168 * 3_600_000 })),
      prices: chance(0.85)
        ? plain.prices
        : {
            [ETH]: plain.prices[ETH],
            [USDC]: chance(0.5)
              ? { usdMicros: toUnitPrice(1_000_000n), decimals: 18, source: 'fixed', at: NOON }
              : undefined,
          },
      ...maybe(0.3, () => ({
        lastPrices: {
          ...plain.prices,
          [ODD]: { usdMicros: toUnitPrice(2_000_000n), decimals: 8, source: 'fixed', at: NOON - 9_000_000 },
        },
      })),
      ...maybe(0.1, () => ({ tokens: { [USDC]: { decimals: 6, symbol: 'USDC' } } })),
      spent: spent(),
      requests: requests(),
      ...maybe(0.2, () => ({ feePrice: { offered: BigInt(whole(8)), asked: 1n } })),
      ...maybe(0.1, () => ({ lookalikes: { [EVE]: BOB } })),
      ...maybe(0.7, () => ({
        known: Object.fromEntries(
          PEOPLE.filter(() => chance(0.6)).map((one) => [
            one,
            { since: NOON - whole(2) * 3_600_000, usd: toUsd(BigInt(whole(4) * 10_000_000)) },
          ]),
        ),
      })),
      ...maybe(0.05, () => ({ neverFunded: [CAROL] })),
      ...maybe(0.05, () => ({ impostors: { [ODD]: 'USDC' } })),
      ...maybe(0.05, () => ({ aboveCeiling: 'it is above the ceiling' })),
      standing: standing(),
      lane: {
        held: toUsd(BigInt(whole(3) * 1_000_000)),
        taken: { total: toUsd(BigInt(whole(30) * 1_000_000)), final: [] },
      },
      ...(again && {
        context: {
          acceptedAt: NOON - 30_000,
          servedDelay: chance(0.5),
          ...maybe(0.5, () => ({ approval: { usdShown: chance(0.8) ? toUsd(BigInt(micros())) : null } })),
          ...maybe(0.2, () => ({ feeBound: parseBase('1000000000000000') })),
        },
      }),
    }
  }
}
