import { fieldsOf, OddAnswer } from '../../answers.ts'
import { isUnsupported } from '../../refusals.ts'
import { type Rpc, RpcError } from '../../rpc.ts'
import { toGas } from '../gas-units.ts'
import { type Planned, txOf } from './way.ts'

/** Accounts that a call reaches, whether or not they say so, in lower case. */
type Touched = {
  readonly accounts: readonly string[]
  /** Not so where the call failed, or the endpoint would not tell. */
  readonly isAll: boolean
}

/**
 * What a call reaches upon the newest block: `eth_createAccessList`. An endpoint without that method names nobody, and logs
 * alone say where to look. https://ethereum.github.io/execution-apis/eth/eth_createaccesslist
 */
export async function touchedBy(rpc: Rpc, planned: Planned): Promise<Touched> {
  const asIs = await touchedWith(rpc, txOf(planned), 'latest')
  if (asIs.isAll) return asIs
  // Nodes run it again with the list, which can cost a little more gas than what it saves.
  const roomy = await touchedWith(
    rpc,
    txOf({ ...planned, gas: toGas(planned.gas + planned.gas / 4n + 10_000n) }),
    'latest',
  )
  return { accounts: [...new Set([...asIs.accounts, ...roomy.accounts])], isAll: roomy.isAll }
}

/** What a transaction reaches upon a block. */
export async function touchedWith(rpc: Rpc, tx: object, block: string): Promise<Touched> {
  try {
    const answer = await rpc.call('eth_createAccessList', [tx, block])
    const { accessList, error } = fieldsOf(answer, 'an access list')
    if (!Array.isArray(accessList)) throw new OddAnswer('an access list', accessList)
    const accounts = accessList.map((one) => accountIn(fieldsOf(one, 'an entry of an access list').address))
    return { accounts, isAll: error === undefined || error === null || error === '' }
  } catch (error) {
    // Whatever else keeps it from telling: what the call reaches is unknown then.
    return { accounts: [], isAll: error instanceof RpcError && isUnsupported(error) }
  }
}

/** An account of an answer, in lower case. */
export function accountIn(value: unknown): string {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{40}$/i.test(value)) throw new OddAnswer('an address', value)
  return value.toLowerCase()
}
