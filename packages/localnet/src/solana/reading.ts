import { address, type EncodedAccount } from '@solana/kit'
import {
  decimalsOf,
  encodeAccount,
  matches,
  mint,
  token2022Program,
  tokenAccount,
  tokenProgram,
  uiAmount,
} from './accounts.ts'
import type { Chain } from './chain.ts'
import { reaches } from './commitment.ts'
import { balanceOf } from './execution.ts'
import type { Landed } from './history.ts'
import {
  addressParam,
  asAddress,
  type Config,
  configParam,
  inContext,
  integerParam,
  type Params,
  stringListParam,
} from './params.ts'
import { invalidParams, RpcError } from './rpc-error.ts'
import { encodeMeta, encodeTransaction } from './transaction-encoding.ts'
import { decodeMessage, feeOf } from './transactions.ts'

type Method = (params: Params) => unknown
export type Methods = Readonly<Record<string, Method>>

// How long a node remembers a signature without being told to search its history.
const statusCacheSlots = 300n
const slotsPerEpoch = 432_000n

/** Calls about accounts and tokens. */
export function accountMethods(chain: Chain): Methods {
  const { svm, account } = chain
  const config = (params: Params, index: number) => configParam(chain, params, index)
  const keyed = (accounts: EncodedAccount[], options: Config) =>
    accounts.map((one) => ({ pubkey: one.address, account: encodeAccount(one, options, account) }))
  return {
    getBalance: (params) => inContext(chain, config(params, 1), balanceOf(svm, addressParam(params, 0))),
    getAccountInfo: (params) => {
      const options = config(params, 1)
      return inContext(chain, options, encodeAccount(account(addressParam(params, 0)), options, account))
    },
    getMultipleAccounts: (params) => {
      const options = { encoding: 'base64', ...config(params, 1) }
      const keys = stringListParam(params, 0, 100).map(asAddress)
      return inContext(
        chain,
        options,
        keys.map((key) => encodeAccount(account(key), options, account)),
      )
    },
    getProgramAccounts: (params) => {
      const options = config(params, 1)
      const owned = svm.getProgramAccounts(address(addressParam(params, 0)))
      const found = keyed(
        owned.filter((one) => matches(one, options.filters)),
        options,
      )
      return options.withContext ? inContext(chain, options, found) : found
    },
    getTokenAccountsByOwner: (params) => {
      const owner = addressParam(params, 0)
      const options = config(params, 2)
      const wanted = tokenFilter(chain, params[1])
      const owned = wanted.programs
        .flatMap((program) => svm.getProgramAccounts(address(program)))
        .filter((one) => {
          const token = tokenAccount(one)
          return token?.owner === owner && (wanted.mint === undefined || token.mint === wanted.mint)
        })
      return inContext(chain, options, keyed(owned, options))
    },
    getTokenAccountBalance: (params) => {
      const token = tokenAccount(account(addressParam(params, 0)))
      if (!token) throw invalidParams('Invalid param: could not find account')
      return inContext(chain, config(params, 1), uiAmount(token.amount, decimalsOf(token.mint, account)))
    },
    getTokenSupply: (params) => {
      const known = mint(account(addressParam(params, 0)))
      if (!known) throw invalidParams('Invalid param: not a Token mint')
      return inContext(chain, config(params, 1), uiAmount(known.supply, known.decimals))
    },
    getMinimumBalanceForRentExemption: (params) => svm.minimumBalanceForRentExemption(integerParam(params, 0)),
  }
}

function tokenFilter(chain: Chain, filter: unknown): { programs: string[]; mint?: string } {
  const given = (filter ?? {}) as { mint?: unknown; programId?: unknown }
  if (given.mint !== undefined) {
    const found = chain.account(asAddress(given.mint))
    if (!found || !mint(found)) throw invalidParams('Invalid param: could not find mint')
    return { programs: [found.programAddress], mint: found.address }
  }
  const program = asAddress(given.programId)
  if (program !== tokenProgram && program !== token2022Program)
    throw invalidParams('Invalid param: unrecognized Token program id')
  return { programs: [program] }
}

/** Calls about the cluster: its slots, blockhashes and fees. */
export function clusterMethods(chain: Chain, genesisHash: string): Methods {
  const head = (params: Params) => chain.head(configParam(chain, params, 0).commitment)
  const existing = (slot: bigint) => {
    const block = chain.blocks.get(slot)
    if (block) return block
    if (slot > chain.head('processed')) throw new RpcError(-32004, `Block not available for slot ${slot}`)
    throw new RpcError(-32001, `Block ${slot} cleaned up, does not exist on node`)
  }
  return {
    getHealth: () => 'ok',
    getVersion: () => ({ 'solana-core': '2.3.0', 'feature-set': 0 }),
    getGenesisHash: () => genesisHash,
    getSlot: head,
    // No slot is ever skipped here, so that heights and slots are the same.
    getBlockHeight: head,
    getTransactionCount: () => chain.landed.size,
    getFirstAvailableBlock: () => chain.blocks.keys().next().value,
    getEpochInfo: (params) => {
      const slot = head(params)
      return {
        absoluteSlot: slot,
        blockHeight: slot,
        epoch: slot / slotsPerEpoch,
        slotIndex: slot % slotsPerEpoch,
        slotsInEpoch: slotsPerEpoch,
        transactionCount: chain.landed.size,
      }
    },
    getBlockTime: (params) => existing(integerParam(params, 0)).time,
    getBlocks: (params) => {
      const last = chain.head(configParam(chain, params, typeof params[1] === 'object' ? 1 : 2).commitment)
      const wanted = typeof params[1] === 'object' || params[1] === undefined ? last : integerParam(params, 1)
      const from = integerParam(params, 0)
      return [...chain.blocks.keys()].filter((slot) => slot >= from && slot <= wanted && slot <= last)
    },
    getBlock: (params) => encodeBlock(chain, existing(integerParam(params, 0)), configParam(chain, params, 1)),
    getLatestBlockhash: (params) => {
      const options = configParam(chain, params, 0)
      const { blockhash } = existing(chain.head(options.commitment))
      return inContext(chain, options, { blockhash, lastValidBlockHeight: chain.lastValidHeight(blockhash) })
    },
    isBlockhashValid: (params) => {
      const options = configParam(chain, params, 1)
      return inContext(chain, options, chain.isBlockhashValid(String(params[0]), options.commitment))
    },
    getFeeForMessage: (params) => {
      const options = configParam(chain, params, 1)
      const message = decodeMessage(String(params[0]))
      const valid = chain.isBlockhashValid(message.lifetimeToken, options.commitment)
      return inContext(chain, options, valid ? feeOf(message) : null)
    },
    getRecentPrioritizationFees: () => {
      const now = chain.head('processed')
      return Array.from({ length: 150 }, (_, index) => now - BigInt(index))
        .filter((slot) => slot > 0n)
        .map((slot) => ({ slot, prioritizationFee: 1_000n + (slot % 20n) }))
    },
  }
}

function encodeBlock(
  chain: Chain,
  block: { slot: bigint; blockhash: string; time: bigint; transactions: Landed[] },
  options: Config,
) {
  if (block.slot > chain.head(options.commitment))
    throw new RpcError(-32004, `Block not available for slot ${block.slot}`)
  const parent = block.slot > 0n ? block.slot - 1n : 0n
  const details = options.transactionDetails ?? 'full'
  const signatures = block.transactions.map(({ signature }) => signature)
  const full = () =>
    block.transactions.map((landed) => {
      requireVersion(landed, options)
      const transaction = encodeTransaction(landed, options.encoding ?? 'json')
      return { transaction, meta: encodeMeta(landed), version: landed.message.version }
    })
  return {
    blockhash: block.blockhash,
    previousBlockhash: (chain.blocks.get(parent) ?? block).blockhash,
    parentSlot: parent,
    blockHeight: block.slot,
    blockTime: block.time,
    ...(details === 'full' ? { transactions: full() } : details === 'signatures' ? { signatures } : {}),
  }
}

/** Calls about what has landed. */
export function historyMethods(chain: Chain): Methods {
  const config = (params: Params, index: number) => configParam(chain, params, index)
  return {
    getSignatureStatuses: (params) => {
      const search = config(params, 1).searchTransactionHistory === true
      const values = stringListParam(params, 0, 256).map((signature) => {
        const landed = chain.landed.get(signature)
        return landed ? signatureStatus(chain, landed, search) : null
      })
      return inContext(chain, { commitment: 'processed' }, values)
    },
    getSignaturesForAddress: (params) => {
      const options = config(params, 1)
      let found = [...chain.history(addressParam(params, 0))].reverse()
      const place = (signature: string) => found.findIndex((one) => one.signature === signature)
      if (options.before && place(options.before) >= 0) found = found.slice(place(options.before) + 1)
      if (options.until && place(options.until) >= 0) found = found.slice(0, place(options.until))
      return found
        .filter((one) => reaches(chain.commitmentOf(one), options.commitment))
        .slice(0, options.limit ?? 1_000)
        .map((one) => ({
          signature: one.signature,
          slot: one.slot,
          err: one.err,
          memo: null,
          blockTime: one.time,
          confirmationStatus: chain.commitmentOf(one),
        }))
    },
    getTransaction: (params) => {
      const options = config(params, 1)
      const landed = chain.landed.get(String(params[0]))
      if (!landed || !reaches(chain.commitmentOf(landed), options.commitment)) return null
      requireVersion(landed, options)
      const { slot, time: blockTime, message } = landed
      const transaction = encodeTransaction(landed, options.encoding ?? 'json')
      return { slot, blockTime, version: message.version, transaction, meta: encodeMeta(landed) }
    },
  }
}

function requireVersion({ message: { version } }: Landed, options: Config) {
  if (version === 'legacy' || version <= (options.maxSupportedTransactionVersion ?? -1)) return
  throw new RpcError(
    -32015,
    `Transaction version (${version}) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": ${version}`,
  )
}

function signatureStatus(chain: Chain, landed: Landed, searchHistory: boolean) {
  const age = chain.head('processed') - landed.slot
  if (age > statusCacheSlots && !searchHistory) return null
  const confirmationStatus = chain.commitmentOf(landed)
  const { slot, err } = landed
  const confirmations = confirmationStatus === 'finalized' ? null : age
  return { slot, confirmations, err, status: err ? { Err: err } : { Ok: null }, confirmationStatus }
}
