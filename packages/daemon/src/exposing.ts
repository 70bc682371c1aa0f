import { exposure, openAllowances } from './exposure/service.ts'
import type { ExposureParts } from './exposure/types.ts'
import { draftedPolicies } from './policies/service.ts'
import type { tokens } from './tokens/service.ts'
import type { Transactions } from './transactions/service.ts'
import { walletIdOf } from './wallets/service.ts'

type Below = Pick<ExposureParts, 'database' | 'clock' | 'log' | 'chains' | 'prices'> &
  Password & {
    settings: { get: ExposureParts['settings'] }
    applied: { applying: ExposureParts['policies'] }
    registry: Pick<ReturnType<typeof tokens>, 'ofNetwork'>
    transactions: Pick<Transactions, 'allowances'>
  }

type Password = { passwordIn: string | undefined; operator: { wasCarried(): boolean } }

/** Where this process has the master password from. */
export const passwordWithin = ({ passwordIn, operator }: Password): string[] => [
  ...(passwordIn === undefined ? [] : [passwordIn]),
  ...(operator.wasCarried() ? ['a call that carried it'] : []),
]

/** Puts together what the worst case is read from. */
export const exposureOf = ({ settings, applied, registry, transactions, passwordIn, operator, ...shared }: Below) =>
  exposure({
    ...shared,
    ...{ settings: settings.get, tokens: registry.ofNetwork, policies: applied.applying },
    drafted: draftedPolicies({ networks: shared.chains.networks, walletId: walletIdOf }),
    allowances: openAllowances(transactions.allowances.list),
    hasPassword: () => passwordWithin({ passwordIn, operator }).length > 0,
  })
