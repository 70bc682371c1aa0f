import { orderAt, type Read } from './evm-orders.ts'
import type { Move, Reading } from './reading.ts'
import { refuse } from './refuse.ts'
import { readTypedData, type TypedData, typeText, type Values } from './typed-data.ts'

const PERMIT2 = '000000000022d473030f116ddee9f6b43ac78ba3'
const DETAILS = 'PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)'
const TOKEN = 'TokenPermissions(address token,uint256 amount)'
const TRANSFER_FIELDS = '(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)'
const ENDLESS = 2n ** 256n - 1n

/** What the owners of a Safe sign for it. */
const SAFE_TX =
  'SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)'

/** What lets others take an amount again in each period, which no count here follows. */
const RENEWED: readonly string[] = ['SpendPermission', 'SpendPermissionBatch']

const key = (address: unknown): string => String(address).slice(2)
const grant = (token: string, message: Values, amount: unknown): Move => ({
  asset: token,
  amount: BigInt(String(amount)),
  to: key(message.spender),
  isGrant: true,
})
const transfer: Read = ({ to, value }, contract) => [{ asset: contract, amount: BigInt(String(value)), to: key(to) }]
/** Of one token, or of a list of them. */
const several =
  (field: string): Read =>
  (message) =>
    // The type says that it is a struct or a list of structs.
    [message[field] as Values | readonly Values[]]
      .flat()
      .map((one) => grant(key((one as Values).token), message, (one as Values).amount))

const anywhere: Readonly<Record<string, Read>> = {
  'Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)': (message, contract) => [
    grant(contract, message, message.value),
  ],
  'Permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed)': (message, contract) => [
    grant(contract, message, message.allowed === true ? ENDLESS : 0n),
  ],
  [`TransferWithAuthorization${TRANSFER_FIELDS}`]: transfer,
  [`ReceiveWithAuthorization${TRANSFER_FIELDS}`]: transfer,
}

function atPermit2(type: string): Read | undefined {
  for (const [name, list] of [
    ['PermitSingle', ''],
    ['PermitBatch', '[]'],
  ])
    if (type === `${name}(PermitDetails${list} details,address spender,uint256 sigDeadline)${DETAILS}`)
      return several('details')
  for (const [name, list] of [
    ['TransferFrom', ''],
    ['BatchTransferFrom', '[]'],
  ]) {
    const start = `(TokenPermissions${list} permitted,address spender,uint256 nonce,uint256 deadline`
    const isWitness = type.startsWith(`PermitWitness${name}${start},`) && type.includes(`)${TOKEN}`)
    if (type === `Permit${name}${start})${TOKEN}` || isWitness) return several('permitted')
  }
  return undefined
}

/**
 * What typed data lets others take: permits and signed transfers as what they are, all else as a call of its contract that
 * nobody can read. What names no chain or no contract is refused.
 */
export function readEvmTypedData(payload: Uint8Array): Reading {
  const data = readTypedData(payload)
  const { chainId, verifyingContract } = data.domain
  if (chainId === undefined || verifyingContract === undefined || chainId === '0')
    return refuse('typed data has to name its chain and its contract')
  const contract = key(verifyingContract)
  const moves = movesOf(data, contract)
  return {
    chain: `eip155:${chainId}`,
    nonce: null,
    fee: 0n,
    moves: moves ?? [],
    calls: moves ? null : { to: contract, isText: false, data: payload },
  }
}

function movesOf(data: TypedData, contract: string): readonly Move[] | undefined {
  const type = typeText(data, data.primaryType)
  if (type === SAFE_TX && data.message.operation !== '0') refuse('what a Safe takes for own code could do anything')
  if (RENEWED.some((name) => Object.hasOwn(data.types, name))) refuse('what is renewed in each period has no end')
  const known = contract === PERMIT2 ? atPermit2(type) : orderAt(contract, type)
  const read = Object.hasOwn(anywhere, type) ? anywhere[type] : known
  return read?.(data.message, contract)
}
