import { Failure } from '@waiaas/contract'
import type { RpcError } from '../rpc.ts'

/** EIP-7825: what one transaction may use at most. */
export const GAS_MOST = 16_777_216n

/** That a call would use up whatever gas it is given. */
export const endless = (gas: bigint): string =>
  `it would use all of ${gas} gas and do nothing: it never ends, or does more than fits one transaction; ask for less at once, or look at what the contract does`

/**
 * The gas with which a call did not come to its end, by the error of a node that estimated it; undefined for any other error.
 * Less than a transaction may use is what its sender can pay, and says nothing of the call.
 */
export function endlessAt({ message }: RpcError): bigint | undefined {
  // What a contract says is no word of the node's.
  if (/revert/i.test(message)) return undefined
  const [, digits] = /gas required exceeds (?:the )?allowance\W*(\d+)/i.exec(message) ?? []
  if (digits !== undefined) return BigInt(digits) >= GAS_MOST ? BigInt(digits) : undefined
  // A node stops what takes too long, however much gas there is.
  return /execution (aborted|timed? ?out|timeout)|\bout of gas\b/i.test(message) ? GAS_MOST : undefined
}

/** Failure INVALID_TRANSACTION of a run that failed with no word, and with no gas left. */
export function requireEnd({ used, gas, said }: { used: bigint; gas: bigint; said: unknown }): void {
  const isSilent = said === undefined || said === null || said === '0x'
  if (isSilent && used >= gas) throw new Failure('INVALID_TRANSACTION', endless(gas))
}
