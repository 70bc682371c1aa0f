import { encodeAccount } from './accounts.ts'
import type { Chain } from './chain.ts'
import { simulate } from './execution.ts'
import type { Faults } from './faults.ts'
import { asAddress, configParam, inContext } from './params.ts'
import type { Methods } from './reading.ts'
import { invalidParams, RpcError } from './rpc-error.ts'
import { neverLands, type TransactionError } from './transaction-error.ts'
import { decodeTransaction } from './transactions.ts'

const nothingRan = { logs: [], accounts: null, unitsConsumed: 0, returnData: null, innerInstructions: null }
const signatureFailure = () => new RpcError(-32003, 'Transaction signature verification failure')

function preflightFailure(err: TransactionError, found: object = nothingRan): RpcError {
  const known: Record<string, string> = {
    BlockhashNotFound: 'Blockhash not found',
    AlreadyProcessed: 'This transaction has already been processed',
    AccountNotFound: 'Attempt to debit an account but found no record of a prior credit.',
    InsufficientFundsForFee: 'Insufficient funds for fee',
  }
  return new RpcError(-32002, `Transaction simulation failed: ${describe(err, known)}`, { err, ...found })
}

function describe(err: TransactionError, known: Record<string, string>): string {
  if (neverLands(err)) return known[err] ?? err
  const instruction = err.InstructionError
  if (!Array.isArray(instruction)) return JSON.stringify(err)
  const [index, inner] = instruction as [number, string | { Custom?: number }]
  if (typeof inner === 'string') return `Error processing Instruction ${index}: ${inner}`
  const custom =
    inner.Custom === undefined ? JSON.stringify(inner) : `custom program error: 0x${inner.Custom.toString(16)}`
  return `Error processing Instruction ${index}: ${custom}`
}

/** sendTransaction and simulateTransaction. */
export function sendingMethods(chain: Chain, faults: Faults): Methods {
  return {
    sendTransaction: (params) => {
      const options = configParam(chain, params, 1)
      const decoded = decodeTransaction(params[0], options.encoding ?? 'base58', chain.account)
      // Accepted and never seen again, as a node under load does it.
      if (faults.dropSends) return decoded.signature
      if (!options.skipPreflight) {
        if (!decoded.fullySigned) throw signatureFailure()
        if (!chain.isBlockhashValid(decoded.message.lifetimeToken, options.preflightCommitment)) {
          throw preflightFailure('BlockhashNotFound')
        }
        if (chain.landed.has(decoded.signature)) throw preflightFailure('AlreadyProcessed')
        const { err, logs, unitsConsumed, returnData } = simulate(chain, decoded, {
          checkSignatures: true,
        })
        if (err === 'SignatureFailure') throw signatureFailure()
        if (err) throw preflightFailure(err, { ...nothingRan, logs, unitsConsumed, returnData })
      }
      if (decoded.fullySigned) chain.land(decoded, { trustSignatures: !options.skipPreflight })
      return decoded.signature
    },
    simulateTransaction: (params) => {
      const options = configParam(chain, params, 1)
      if (options.sigVerify && options.replaceRecentBlockhash) {
        throw invalidParams('sigVerify may not be used with replaceRecentBlockhash')
      }
      const decoded = decodeTransaction(params[0], options.encoding ?? 'base58', chain.account)
      if (options.sigVerify && !decoded.fullySigned) throw signatureFailure()
      const replaced = options.replaceRecentBlockhash === true
      if (!replaced && !chain.isBlockhashValid(decoded.message.lifetimeToken, options.commitment)) {
        return inContext(chain, options, { ...nothingRan, err: 'BlockhashNotFound' })
      }
      const { post, innerInstructions, ...found } = simulate(chain, decoded, {
        checkSignatures: options.sigVerify === true,
      })
      if (found.err === 'SignatureFailure') throw signatureFailure()
      const blockhash = chain.blocks.get(chain.head(options.commitment))?.blockhash ?? ''
      const replacement = { blockhash, lastValidBlockHeight: chain.lastValidHeight(blockhash) }
      const wanted = options.accounts?.addresses.map((key) => {
        const encoding = options.accounts?.encoding ?? 'base64'
        return found.err ? null : encodeAccount(post(asAddress(key)), { encoding }, post)
      })
      return inContext(chain, options, {
        ...found,
        accounts: wanted ?? null,
        innerInstructions: options.innerInstructions ? innerInstructions : null,
        loadedAddresses: decoded.loadedAddresses,
        ...(replaced ? { replacementBlockhash: replacement } : {}),
      })
    },
  }
}
