import { callsStatus, capabilities, sendCalls } from './calls.ts'
import { CODES, ProxyError } from './errors.ts'
import { shown } from './message.ts'
import type { Place } from './place.ts'
import { ofHash, transactionCount } from './reading.ts'
import { sendTransaction } from './sending.ts'
import { personalSign, signTransaction, signTypedData } from './signing.ts'

/** How a method is answered. `acts`: it may sign or pay, so that nobody may ask for it without hearing the answer. */
type Method = {
  readonly acts?: true
  answer(place: Place, params: readonly unknown[]): Promise<unknown>
}

/** What a node tells and what changes nothing there: asked of the configured endpoints, and answered as it came. */
const PASSED = [
  'eth_blockNumber',
  'eth_call',
  'eth_estimateGas',
  'eth_feeHistory',
  'eth_gasPrice',
  'eth_getBalance',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getBlockTransactionCountByHash',
  'eth_getBlockTransactionCountByNumber',
  'eth_getCode',
  'eth_getLogs',
  'eth_getStorageAt',
  'eth_maxPriorityFeePerGas',
] as const

const passed = (method: string): Method => ({ answer: ({ ask }, params) => ask(method, params) })

const byHash = (method: string): Method => ({ answer: (place, params) => ofHash(place, method, params) })

const accounts: Method = { answer: async ({ wallet }) => [wallet.address] }

/** All that is answered, and nothing else is. */
const METHODS: Readonly<Record<string, Method>> = {
  ...Object.fromEntries(PASSED.map((method) => [method, passed(method)])),
  eth_accounts: accounts,
  eth_getTransactionByHash: byHash('eth_getTransactionByHash'),
  eth_getTransactionReceipt: byHash('eth_getTransactionReceipt'),
  eth_requestAccounts: accounts,
  eth_chainId: { answer: async ({ chainId }) => `0x${chainId.toString(16)}` },
  net_version: { answer: async ({ chainId }) => String(chainId) },
  web3_clientVersion: { answer: async ({ version }) => `WAIaaS/${version}` },
  eth_sendTransaction: { acts: true, answer: sendTransaction },
  eth_signTransaction: { acts: true, answer: signTransaction },
  eth_signTypedData_v4: { acts: true, answer: signTypedData },
  wallet_getCallsStatus: { answer: callsStatus },
  wallet_getCapabilities: { answer: capabilities },
  wallet_sendCalls: { acts: true, answer: sendCalls },
  personal_sign: { acts: true, answer: personalSign },
  eth_getTransactionCount: { answer: transactionCount },
}

/** What people try that is not answered, and what to do in its place. */
const INSTEAD: Readonly<Record<string, string>> = {
  eth_sendRawTransaction: 'the wallet signs what it sends; use eth_sendTransaction',
  eth_sign: 'it would sign bytes that nobody can read; use personal_sign with a text, or eth_signTypedData_v4',
  eth_signTypedData: 'use eth_signTypedData_v4',
  eth_signTypedData_v3: 'use eth_signTypedData_v4',
}

/** Error -32601 of what is not in the table. */
export function methodOf(name: string): Method {
  if (Object.hasOwn(METHODS, name)) return METHODS[name]!
  const instead = Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : 'docs/json-rpc.md lists the methods that are answered'
  throw new ProxyError(CODES.noSuchMethod, `${shown(name)} is not answered here: ${instead}`)
}
