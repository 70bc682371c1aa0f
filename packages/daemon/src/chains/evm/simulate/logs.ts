import { fieldsOf, OddAnswer } from '../../answers.ts'
import { keccak, toHex } from '../hex.ts'

/** What a contract says that it did. Lower-case hex. */
export type Log = { readonly address: string; readonly topics: readonly string[]; readonly data: string }

export function readLogs(value: unknown): Log[] {
  if (!Array.isArray(value)) throw new OddAnswer('a list of logs', value)
  return value.map((one) => {
    const { address, topics, data } = fieldsOf(one, 'a log')
    if (typeof address !== 'string' || !Array.isArray(topics)) throw new OddAnswer('a log', one)
    return {
      address: address.toLowerCase(),
      topics: topics.map((topic) => String(topic).toLowerCase()),
      data: typeof data === 'string' ? data.toLowerCase() : '0x',
    }
  })
}

const topic = (signature: string): string => toHex(keccak(Buffer.from(signature)))
export const MOVED = topic('Transfer(address,address,uint256)')
export const APPROVAL = topic('Approval(address,address,uint256)')
export const APPROVAL_FOR_ALL = topic('ApprovalForAll(address,address,bool)')
/** https://eips.ethereum.org/EIPS/eip-777 */
export const OPERATOR = topic('AuthorizedOperator(address,address)')
export const MOVED_SINGLE = topic('TransferSingle(address,address,address,uint256,uint256)')
export const MOVED_BATCH = topic('TransferBatch(address,address,address,uint256[],uint256[])')
/** Of Permit2: https://github.com/Uniswap/permit2/blob/main/src/interfaces/IAllowanceTransfer.sol */
export const PERMIT2_APPROVAL = topic('Approval(address,address,address,uint160,uint48)')
export const PERMIT2_PERMIT = topic('Permit(address,address,address,uint160,uint48,uint48)')

/** An address as a topic has it. */
export const topicOf = (address: string): string => `0x${address.slice(2).padStart(64, '0')}`
export const addressIn = (topic = ''): string => `0x${topic.slice(26)}`
export const wordAt = (data: string, index: number): bigint =>
  BigInt(`0x${data.slice(2 + 64 * index, 66 + 64 * index) || '0'}`)

/** Where nodes put what native currency does, as if it were a token: no contract has that address. */
export const NATIVE = `0x${'ee'.repeat(20)}`
