import {
  defaultSettings,
  type Effect,
  LOCAL_NETWORKS,
  nativeAsset,
  newId,
  toBase,
  toUnitPrice,
  toUsd,
} from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { audit } from '../../audit/service.ts'
import { migrations } from '../../migrations/all.ts'
import { compilePolicies, type Prices } from '../../policies/evaluate.ts'
import type { WalletFacts } from '../switches.ts'
import { judge } from './judge.ts'
import type { JudgeParts } from './judgement.ts'
import type { Subject } from './verdict.ts'

const network = LOCAL_NETWORKS.find(({ id }) => id === 'local-evm')!
const ETH = nativeAsset(network)
const USDC = `${network.caip2}/erc20:0x00000000000000000000000000000000000000c0`
const to = '0x00000000000000000000000000000000000000b0'
const walletId = newId()
const wallet: WalletFacts = {
  id: walletId,
  account: walletId,
  name: 'w',
  chain: 'ethereum',
  environment: 'testnet',
  address: '0x00000000000000000000000000000000000000a0',
  status: 'ACTIVE',
}
const clock = { now: () => 1_900_000_000_000, latest: () => 1_900_000_000_000 }
const rules = JSON.stringify({ instant_max_usd: 100 })
const policies = compilePolicies([
  { id: newId(), walletId: wallet.id, type: 'SPENDING_LIMIT', rules, enabled: true, network: null, version: 1 },
])
const price = (micros: bigint, decimals: number) => {
  return { usdMicros: toUnitPrice(micros), decimals, source: 'test', at: clock.now() }
}

forEachEngine((_, open) => {
  const payment: Effect = { kind: 'outflow', asset: USDC, amount: '2000000', to }
  const opening: Effect = { kind: 'account-creation', owner: to, asset: USDC, rent: '1000000000000000' }
  const dollar = { [USDC]: price(1_000_000n, 6) }
  const both = { ...dollar, [ETH]: price(2_000_000_000n, 18) }

  test.each<[string, Prices, Prices, Effect[], string, bigint | null]>([
    ['value and fee', both, both, [payment], '1000000000000000', 4_000_000n],
    ['a deposit as well', both, both, [payment, opening], '1000000000000000', 6_000_000n],
    ['a fee at the last price that was known', dollar, both, [payment], '1000000000000000', 4_000_000n],
    ['nothing, when the fee never had a price', dollar, dollar, [payment], '1', null],
    ['nothing, when a deposit never had a price', dollar, dollar, [payment, opening], '0', null],
  ])('what a request adds to the total of its session is %s', async (_name, current, last, effects, fee, total) => {
    const told: unknown[] = []
    const known = { current: () => current, last: () => last, missing: () => [], worth: () => null }
    const prices = { under: () => known }
    const database = await open(migrations)
    const subject: Subject = {
      wallet,
      session: { id: newId(), constraints: '{}', labels: null },
      network,
      type: 'TRANSFER',
      feePrice: undefined,
      intent: { kind: 'transfer', to, amount: toBase(1n) },
      effects: { network: network.id, sender: wallet.address, effects, fee: { asset: ETH, max: fee } },
    }
    const { of } = judge({
      ...parts,
      prices,
      constraints: () => ({
        faults(facts) {
          told.push(facts.sessionTotalUsd)
          return []
        },
        most: () => null,
      }),
    })
    await database.read((db) => of(db, subject))
    expect(told[0]).toEqual(total === null ? null : toUsd(total))
  })
})

const parts: Omit<JudgeParts, 'prices' | 'constraints'> = {
  sessionLabels: () => [],
  clock,
  log: { error() {} },
  audit: audit({ clock }),
  switches: {
    killSwitch: async () => ({ state: 'ACTIVE', epoch: 1 }),
    wallet: async () => wallet,
    session: async () => undefined,
    isLinked: async () => true,
    policyVersion: async () => 1,
  },
  policies: async () => ({ version: 1, common: 1, policies }),
  network: () => network,
  settings: async () => ({ ...defaultSettings(), 'policy.default_deny_tokens': false }),
}
