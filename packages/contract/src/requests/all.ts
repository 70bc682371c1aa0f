import type { TransactionType } from '../wire.ts'
import { approve } from './approve.ts'
import { batch } from './batch.ts'
import { contractCall } from './contract-call.ts'
import { contractDeploy } from './contract-deploy.ts'
import type { RequestKind } from './kind.ts'
import { nftTransfer } from './nft-transfer.ts'
import { tokenTransfer } from './token-transfer.ts'
import { transfer } from './transfer.ts'

/** The types that this release sends. Fields, validation, tools, commands and what agents are told follow from this table. */
const requestKinds = {
  TRANSFER: transfer,
  TOKEN_TRANSFER: tokenTransfer,
  CONTRACT_CALL: contractCall,
  APPROVE: approve,
  BATCH: batch,
  NFT_TRANSFER: nftTransfer,
  CONTRACT_DEPLOY: contractDeploy,
} as const satisfies Partial<Record<TransactionType, RequestKind>>
/** The type of a request that names none: the currency of the network. */
export const DEFAULT_TYPE = 'TRANSFER' satisfies SendType
/** The type of a request that sends a token. */
export const TOKEN_TYPE = 'TOKEN_TRANSFER' satisfies SendType

export type RequestKinds = typeof requestKinds
export type SendType = keyof RequestKinds
// Object.keys is typed as text; the table's own keys are exactly the types.
export const SENDABLE = Object.keys(requestKinds) as [SendType, ...SendType[]]
export const requestKind = (type: SendType): RequestKind => requestKinds[type]
