import { type Effect, Failure } from '@waiaas/contract'
import type { TypedData } from '../../intent.ts'
import type { Claim } from '../../messages.ts'
import { checksummed } from '../address.ts'
import type { EvmNetwork } from '../identity.ts'
import { authorizations } from './authorization.ts'
import type { Meaning } from './meaning.ts'
import { orders } from './orders.ts'
import { permits } from './permit.ts'
import { permit2 } from './permit2.ts'
import { encodedType } from './typed-data.ts'

/** The types that are understood, one list a standard. */
const meanings: readonly Meaning[] = [...permits, ...authorizations, ...permit2, ...orders]

/** What the owners of a Safe sign for it: https://docs.safe.global */
const SAFE_TX =
  'SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)'

/**
 * Leave to take an amount again in each period: https://github.com/coinbase/spend-permissions. Their names are part of
 * what is hashed, so that no other type passes for one of them.
 */
const RENEWED: ReadonlySet<string> = new Set(['SpendPermission', 'SpendPermissionBatch'])

type Signing = EvmNetwork & { readonly sender: string }

/** What typed data lets others do; of a type that nobody knows, only whose it is. Failure INVALID_TRANSACTION. */
export function readTyped(
  { network, chainId, sender }: Signing,
  data: TypedData,
): { effects: Effect[]; claim?: Claim | undefined } {
  const { chainId: named, verifyingContract: contract } = data.domain
  if (named !== undefined && named !== String(chainId))
    throw new Failure('INVALID_TRANSACTION', `expected a domain of chain ${chainId}, got one of chain ${named}`)
  const type = encodedType(data.types, data.primaryType)
  if (type === SAFE_TX && data.message.operation !== '0')
    throw new Failure('INVALID_TRANSACTION', 'expected a call of the Safe: what it took for own code could do anything')
  const renewed = Object.keys(data.types).find((name) => RENEWED.has(name))
  if (renewed)
    throw new Failure(
      'INVALID_TRANSACTION',
      `expected typed data that lets others take an amount once: a ${renewed} is renewed in each period, and no limit counts that`,
    )
  const known = contract !== undefined && named !== undefined && meanings.find((one) => one.is(type, contract))
  if (known) return known.read({ network, sender: sender.toLowerCase(), contract, data })
  // Without both it is good on other chains, or for whoever likes.
  const isBound = contract !== undefined && named !== undefined
  return {
    effects: [
      {
        ...{ kind: 'message', form: 'typed-data', domain: null },
        contract: isBound ? checksummed(contract) : null,
        primaryType: data.primaryType,
      },
    ],
  }
}
