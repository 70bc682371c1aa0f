import { nativeAsset, parseBase } from '@waiaas/contract'
import type { IntentOf } from '../../chains/intent.ts'
import { valueIn } from './amount.ts'
import type { Kind, Parse } from './kind.ts'

type Deploy = IntentOf<'contract-deploy'>
type Stored = { value: string; data: string }

/** A new contract. */
export const contractDeploy: Kind<Deploy> = {
  store: ({ kind, value, data }) => ({ kind, value: String(value), data }),
  restore: (stored) => {
    const { value, data } = stored as Stored // as `store` wrote it
    return { kind: 'contract-deploy', value: parseBase(value), data }
  },
  headline: ({ value }, { network }) => ({ to: null, amount: value, asset: nativeAsset(network), ...network.native }),
  tokens: () => [],
  memo: () => null,
}

export const parseContractDeploy: Parse<'CONTRACT_DEPLOY'> = async (input, { chain }) => {
  const { bytecode, constructorArgs = '0x' } = input
  const data = `${bytecode}${constructorArgs.slice(2)}`.toLowerCase()
  return { kind: 'contract-deploy', value: valueIn(input, chain.network.native.decimals), data }
}
