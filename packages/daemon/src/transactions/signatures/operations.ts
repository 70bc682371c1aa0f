import type { Effect, SignedOperation } from '@waiaas/contract'

type Telling = Partial<Omit<SignedOperation, 'type'>> & Pick<SignedOperation, 'type'>

/** What a transaction does for whoever asked to have it signed, one line for each thing; a fee and what was only seen have none. */
export const operationsOf = (effects: readonly Effect[], isOfPrograms: boolean): SignedOperation[] =>
  effects.flatMap((effect) => {
    const told = telling(effect, isOfPrograms)
    return told ? [{ to: null, amount: null, token: null, programId: null, method: null, ...told }] : []
  })

function telling(effect: Effect, isOfPrograms: boolean): Telling | undefined {
  switch (effect.kind) {
    case 'outflow': {
      const token = tokenIn(effect.asset)
      const type = token === null ? 'NATIVE_TRANSFER' : 'TOKEN_TRANSFER'
      return { type, to: effect.to, amount: effect.amount, token }
    }
    case 'approval':
      return { type: 'APPROVE', to: effect.spender, amount: effect.amount, token: tokenIn(effect.asset) }
    case 'nft':
      return { type: 'NFT_TRANSFER', to: effect.to, amount: effect.amount, token: effect.contract }
    case 'operator':
      return { type: 'APPROVE', to: effect.operator, token: effect.contract }
    case 'call':
      return {
        ...{ type: 'CONTRACT_CALL', to: effect.contract, amount: effect.value, method: effect.selector },
        programId: isOfPrograms ? effect.contract : null,
      }
    case 'deploy':
      return { type: 'CONTRACT_DEPLOY', amount: effect.value }
    case 'unknown':
      return { type: 'UNKNOWN' }
    default:
      return undefined
  }
}

/** The address in the CAIP-19 name of a token; null of the native asset. */
export function tokenIn(asset: string): string | null {
  const [, name = ''] = asset.split('/')
  return name.startsWith('slip44:') ? null : name.slice(name.indexOf(':') + 1)
}
