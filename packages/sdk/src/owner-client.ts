import type { AllOperations, OwnerWord, Wire } from '@waiaas/contract'
import { type ClientOptions, WAIaaSClient } from './client.ts'

export type OwnerClientOptions = Pick<ClientOptions, 'baseUrl' | 'masterPassword' | 'timeout' | 'retryOptions'> & {
  readonly ownerAddress: string
  /** Of an owner that is a contract: the network that it is on. */
  readonly network?: string
  /** Signs a text, as UTF-8 bytes, with the wallet of the owner: as a personal message (EIP-191) on EVM, its bare bytes on Solana. */
  readonly signMessage: (message: Uint8Array) => Promise<Uint8Array>
}
type Answer<Name extends keyof AllOperations> = Promise<Wire<AllOperations[Name]>>

/**
 * What the owner of a wallet says to the daemon: each call asks for its text, has it signed, and sends both. Before the first
 * one, and again ten minutes later, the owner signs that they are one, to be shown such texts at all.
 */
export type WAIaaSOwnerClient = {
  approve(transactionId: string): Answer<'approveTransaction'>
  reject(transactionId: string): Answer<'rejectTransaction'>
  verify(walletId: string): Answer<'verifyOwner'>
  activateKillSwitch(): Answer<'ownerKillSwitch'>
  /** Takes the master password, or a session. */
  getKillSwitchStatus(): Answer<'getKillSwitch'>
  /** With the master password: of a suspended daemon, or with a wallet of the owner of a locked one. */
  recover(walletId?: string): Answer<'recoverKillSwitch'>
  cancelRecovery(walletId: string): Answer<'cancelRecovery'>
}

export const WAIaaSOwnerClient = class {
  constructor(options: OwnerClientOptions) {
    Object.assign(this, methodsOf(options))
  }
  // The constructor gives every instance these methods.
} as unknown as new (
  options: OwnerClientOptions,
) => WAIaaSOwnerClient

/** A token that ends within so many seconds is not used any more. */
const SOON_S = 60

function methodsOf({ ownerAddress, network, signMessage, ...options }: OwnerClientOptions): WAIaaSOwnerClient {
  const api = new WAIaaSClient(options)
  const signer = ownerAddress
  async function word(message: string): Promise<OwnerWord> {
    const signature = await signMessage(new TextEncoder().encode(message))
    return { address: ownerAddress, message, signature: btoa(String.fromCharCode(...signature)) }
  }
  let looking: { token: string; expiresAt: number } | undefined
  async function seen(): Promise<{ view: string }> {
    if (looking === undefined || looking.expiresAt - SOON_S <= Date.now() / 1000) {
      const { message } = await api.getViewChallenge({ address: ownerAddress, ...(network && { network }) })
      looking = await api.startView({}, { owner: await word(message) })
    }
    return { view: looking.token }
  }
  const said = async (challenge: Promise<{ message: string }>) => ({ owner: await word((await challenge).message) })
  return {
    approve: async (id) =>
      api.approveTransaction(
        { id },
        await said(api.getTransactionChallenge({ id, decision: 'approve', signer }, await seen())),
      ),
    reject: async (id) =>
      api.rejectTransaction(
        { id },
        await said(api.getTransactionChallenge({ id, decision: 'reject', signer }, await seen())),
      ),
    verify: async (id) =>
      api.verifyOwner({ id }, await said(api.getOwnerChallenge({ id, action: 'verify', signer }, await seen()))),
    // A nonce alone names no wallet: whoever has to stop now need not know one.
    activateKillSwitch: async () => api.ownerKillSwitch({}, { owner: await word((await api.getNonce()).nonce) }),
    getKillSwitchStatus: () => api.getKillSwitch(),
    recover: async (walletId) =>
      walletId === undefined
        ? api.recoverKillSwitch()
        : api.recoverKillSwitch({}, await said(api.getOwnerActionChallenge({ action: 'recover', walletId, signer }))),
    cancelRecovery: async (walletId) =>
      api.cancelRecovery({}, await said(api.getOwnerActionChallenge({ action: 'cancel-recovery', walletId, signer }))),
  }
}
