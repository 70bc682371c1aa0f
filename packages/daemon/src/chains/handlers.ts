import { encodeCall } from './evm/abi-json.ts'

/** Calldata without a wallet or a network. */
export const calldataHandlers = {
  encodeCalldata: (_call: unknown, input: Parameters<typeof encodeCall>[0]) => encodeCall(input),
}
