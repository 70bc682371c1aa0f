import { Failure } from '@waiaas/contract'
import type { Precheck } from '../follow.ts'
import { RpcError } from '../rpc.ts'
import { textResult } from './erc20.ts'

const errorSelector = '0x08c379a0'
const panicSelector = '0x4e487b71'
/** Errors of ERC-6093 that say that the sender has too little. */
const balanceErrors: Record<string, string> = {
  '0xe450d38c': 'ERC20InsufficientBalance: the token balance is too low',
}

/** Why a dry run failed, in the contract's own words where it used any. Undefined for errors that are not the transaction's. */
export function revertOf(error: RpcError): Precheck | undefined {
  const data = revertData(error.data)
  const known = data && balanceErrors[data.slice(0, 10)]
  if (known) return { code: 'INSUFFICIENT_BALANCE', message: known }
  if (
    /insufficient (funds|balance)|gas required exceeds allowance|OutOfFunds/i.test(error.message) &&
    !/revert/i.test(error.message)
  )
    return {
      code: 'INSUFFICIENT_BALANCE',
      message: `the balance does not cover value and fee: ${error.message.slice(0, 200)}`,
    }
  const isRevert =
    error.code === 3 ||
    data !== undefined ||
    /revert|invalid (opcode|jump)|stack (under|over)flow|out of gas|evm error|always failing/i.test(error.message) ||
    // Amounts and gas are said to exceed something; so is a block, by a node that has not got it.
    (/exceeds/i.test(error.message) && !/block (number|\d)|\b(head|height|latest)\b/i.test(error.message))
  if (!isRevert) return undefined
  const reason = (data && reasonOf(data)) ?? error.message.slice(0, 200)
  const code = /(transfer amount )?exceeds balance|insufficient balance|balance too low/i.test(reason)
    ? 'INSUFFICIENT_BALANCE'
    : 'INVALID_TRANSACTION'
  return { code, message: `the contract would refuse it: ${reason}` }
}

/** Declares a node's error on a dry run: as the transaction's fault if it is, otherwise as it came. */
export function declared(error: unknown): unknown {
  const found = error instanceof RpcError ? revertOf(error) : undefined
  return found ? new Failure(found.code, found.message, { cause: error }) : error
}

// Nodes send the revert bytes as data, or inside an object of their own, or one inside that.
function revertData(data: unknown, depth = 0): string | undefined {
  if (typeof data === 'string') return /0x[0-9a-f]{8,}/i.exec(data)?.[0]
  if (typeof data === 'object' && data !== null && 'data' in data && depth < 3) return revertData(data.data, depth + 1)
  return undefined
}

function reasonOf(data: string): string {
  const selector = data.slice(0, 10)
  if (selector === errorSelector) return textResult(`0x${data.slice(10)}`) ?? 'no reason given'
  if (selector === panicSelector) return `Panic(0x${data.slice(-2)})`
  return `custom error ${selector}`
}
