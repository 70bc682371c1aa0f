import { type Rpc, RpcError } from '../rpc.ts'
import { ofTwo } from '../two-endpoints.ts'
import { abiFunction } from './abi.ts'
import { toHex } from './hex.ts'
import { textHash } from './messages/personal.ts'
import { revertOf } from './revert.ts'

/** https://eips.ethereum.org/EIPS/eip-1271: the answer to a good signature is the function's own selector. */
const isValidSignature = abiFunction('isValidSignature(bytes32,bytes)')
const YES = isValidSignature.selector.padEnd(66, '0')

/** Whether a contract accepts this as its signature of a text; all endpoints that are asked have to say so. */
export const signatureReader =
  (singles: readonly Rpc[]) =>
  async (account: string, text: string, signature: Uint8Array): Promise<boolean> => {
    const hash = toHex(textHash(Buffer.from(text, 'utf8')))
    const call = { to: account, data: isValidSignature.encode([hash, toHex(signature)]) }
    const said = await ofTwo(singles, async (rpc) => {
      try {
        return (await rpc.call<unknown>('eth_call', [call, 'latest'])) === YES
      } catch (error) {
        if (error instanceof RpcError && revertOf(error)) return false
        throw error
      }
    })
    return said.every(Boolean)
  }
