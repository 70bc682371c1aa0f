import { address, type EncodedAccount, getAddressDecoder, getBase58Decoder } from '@solana/kit'
import { FailedTransactionMetadata, type LiteSVM, SimulatedTransactionInfo, type TransactionMetadata } from 'litesvm'
import { type AccountLookup, base64, tokenBalances } from './accounts.ts'
import { type TransactionError, transactionError } from './transaction-error.ts'
import { type DecodedTransaction, feeOf } from './transactions.ts'

const base58 = getBase58Decoder()
const addresses = getAddressDecoder()

/** What running a transaction did, in the words of the RPC. Amounts are lamports. */
export type Outcome = {
  readonly err: TransactionError | null
  readonly fee: bigint
  readonly preBalances: readonly bigint[]
  readonly postBalances: readonly bigint[]
  readonly preTokenBalances: readonly object[]
  readonly postTokenBalances: readonly object[]
  readonly logs: readonly string[]
  readonly unitsConsumed: bigint
  readonly innerInstructions: readonly object[]
  readonly returnData: { programId: string; data: [string, 'base64'] } | null
}

/** The VM, and its accounts as the chain reads them. */
export type Machine = { readonly svm: LiteSVM; readonly account: AccountLookup }

/** Runs a transaction and keeps its effects. Signatures need no second check when preflight has just done it. */
export function execute(
  { svm, account: lookup }: Machine,
  decoded: DecodedTransaction,
  { trustSignatures }: { trustSignatures: boolean },
): Outcome {
  const before = snapshot(decoded.keys, lookup)
  const run = () => svm.sendTransaction(decoded.transaction)
  const result = trustSignatures ? withoutSignatureCheck(svm, run) : run()
  const failed = result instanceof FailedTransactionMetadata
  const after = snapshot(decoded.keys, lookup)
  return outcome(decoded, {
    before,
    after,
    err: failed ? transactionError(result) : null,
    meta: failed ? result.meta() : result,
  })
}

/** Runs a transaction and drops its effects; `post` reads accounts as they would be. */
export function simulate(
  { svm, account: lookup }: Machine,
  decoded: DecodedTransaction,
  { checkSignatures }: { checkSignatures: boolean },
): Outcome & { readonly post: AccountLookup } {
  const run = () => svm.simulateTransaction(decoded.transaction)
  const result = checkSignatures ? run() : withoutSignatureCheck(svm, run)
  const failed = result instanceof FailedTransactionMetadata
  const changed = new Map<string, EncodedAccount>()
  if (result instanceof SimulatedTransactionInfo) for (const one of result.postAccounts()) changed.set(one.address, one)
  const post: AccountLookup = (key) => {
    const found = changed.get(key)
    // The VM hands back an emptied account, which a node no longer has.
    if (found) return found.lamports > 0n ? found : null
    return lookup(key)
  }
  const before = snapshot(decoded.keys, lookup)
  const after = snapshot(decoded.keys, post)
  const err = failed ? transactionError(result) : null
  return { ...outcome(decoded, { before, after, err, meta: result.meta() }), post }
}

function withoutSignatureCheck<Result>(svm: LiteSVM, run: () => Result): Result {
  svm.withSigverify(false)
  try {
    return run()
  } finally {
    svm.withSigverify(true)
  }
}

type Snapshot = { balances: bigint[]; tokens: object[] }

function snapshot(keys: readonly string[], lookup: AccountLookup): Snapshot {
  const found = new Map(keys.map((key) => [key, lookup(key)]))
  const cached: AccountLookup = (key) => found.get(key) ?? lookup(key)
  return { balances: keys.map((key) => found.get(key)?.lamports ?? 0n), tokens: tokenBalances(keys, cached) }
}

type Run = { before: Snapshot; after: Snapshot; err: TransactionError | null; meta: TransactionMetadata }

function outcome(decoded: DecodedTransaction, { before, after, err, meta }: Run): Outcome {
  const data = meta.returnData()
  return {
    err,
    fee: feeOf(decoded.message),
    preBalances: before.balances,
    postBalances: after.balances,
    preTokenBalances: before.tokens,
    postTokenBalances: after.tokens,
    logs: meta.logs(),
    unitsConsumed: meta.computeUnitsConsumed(),
    innerInstructions: innerInstructions(meta),
    returnData: data.data().length
      ? { programId: addresses.decode(data.programId()), data: [base64(data.data()), 'base64'] }
      : null,
  }
}

function innerInstructions(meta: TransactionMetadata) {
  return meta.innerInstructions().flatMap((list, index) => {
    if (list.length === 0) return []
    const instructions = list.map((one) => {
      const inner = one.instruction()
      return {
        programIdIndex: inner.programIdIndex(),
        accounts: [...inner.accounts()],
        data: base58.decode(inner.data()),
        stackHeight: one.stackHeight(),
      }
    })
    return [{ index, instructions }]
  })
}

/** Lamports an address holds now. */
export const balanceOf = (svm: LiteSVM, key: string) => svm.getBalance(address(key)) ?? 0n
