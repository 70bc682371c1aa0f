import { keccak_256 } from '@noble/hashes/sha3.js'
import { personalHash } from './messages.ts'
import { refuse } from './refuse.ts'
import { encodeAtom, hashTypedData, isRecord } from './typed-data.ts'

type Fields = readonly (readonly [name: string, type: string])[]

const version06: Fields = [
  ['sender', 'address'],
  ['nonce', 'uint256'],
  ['initCode', 'bytes'],
  ['callData', 'bytes'],
  ['callGasLimit', 'uint256'],
  ['verificationGasLimit', 'uint256'],
  ['preVerificationGas', 'uint256'],
  ['maxFeePerGas', 'uint256'],
  ['maxPriorityFeePerGas', 'uint256'],
  ['paymasterAndData', 'bytes'],
]
const packed: Fields = [
  ['sender', 'address'],
  ['nonce', 'uint256'],
  ['initCode', 'bytes'],
  ['callData', 'bytes'],
  ['accountGasLimits', 'bytes32'],
  ['preVerificationGas', 'uint256'],
  ['gasFees', 'bytes32'],
  ['paymasterAndData', 'bytes'],
]

type Operation = Record<string, unknown>
type Bound = { operation: Operation; entryPoint: unknown; chainId: unknown }

// Up to 0.7 the accounts sign the operation's hash as a personal message; from 0.8 it is typed data (ERC-4337).
const versions: Record<string, { fields: Fields; digest(bound: Bound): Uint8Array }> = {
  '0.6': { fields: version06, digest: (bound) => personalHash(operationHash(version06, bound)) },
  '0.7': { fields: packed, digest: (bound) => personalHash(operationHash(packed, bound)) },
  '0.8': { fields: packed, digest: typedOperationHash },
}

/** What an account's owner signs for `{ entryPoint, entryPointVersion, chainId, operation }`, as JSON text. */
export function userOperationDigest(json: string): Uint8Array {
  let data: unknown
  try {
    data = JSON.parse(json)
  } catch {
    // The parser's own message may quote the input.
    return refuse('the user operation is not JSON')
  }
  if (!isRecord(data) || Object.keys(data).length !== 4)
    return refuse('a user operation needs exactly entryPoint, entryPointVersion, chainId and operation')
  const { entryPoint, entryPointVersion, chainId, operation } = data
  const name = String(entryPointVersion)
  if (!Object.hasOwn(versions, name)) return refuse('entryPointVersion must be 0.6, 0.7 or 0.8')
  const version = versions[name]!
  assertFields(operation, version.fields)
  return version.digest({ operation, entryPoint, chainId })
}

function assertFields(operation: unknown, fields: Fields): asserts operation is Operation {
  if (!isRecord(operation)) return refuse('operation must be an object')
  const names = fields.map(([name]) => name)
  if (Object.keys(operation).sort().join() !== [...names].sort().join())
    refuse(`a user operation of this version has exactly these fields: ${names.join(', ')}`)
  // Marks an EIP-7702 account, whose hash covers its delegate: not among the bytes here.
  if (/^0x7702/i.test(String(operation.initCode))) refuse('EIP-7702 user operations are not signed')
}

function operationHash(fields: Fields, { operation, entryPoint, chainId }: Bound): Uint8Array {
  const inner = keccak_256(Buffer.concat(fields.map(([name, type]) => encodeAtom(type, operation[name]))))
  return keccak_256(Buffer.concat([inner, encodeAtom('address', entryPoint), encodeAtom('uint256', chainId)]))
}

function typedOperationHash({ operation, entryPoint, chainId }: Bound): Uint8Array {
  return hashTypedData({
    domain: { name: 'ERC4337', version: '1', chainId, verifyingContract: entryPoint },
    types: { PackedUserOperation: packed.map(([name, type]) => ({ name, type })) },
    primaryType: 'PackedUserOperation',
    message: operation,
  })
}
