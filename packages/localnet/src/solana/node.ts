import { address, lamports } from '@solana/kit'
import { createChain } from './chain.ts'
import { faucetMethods } from './faucet.ts'
import { type Faults, noFaults } from './faults.ts'
import { accountMethods, clusterMethods, historyMethods, type Methods } from './reading.ts'
import { sendingMethods } from './sending.ts'
import { serve } from './server.ts'
import { createSubscriptions } from './subscriptions.ts'

export type SolanaOptions = {
  /** Milliseconds of a slot. 0: slots pass only through advance(), and so does the chain's time. Default 400. */
  slotMs?: number
  /** Any network's, so that tests can run as mainnet. Default: one of no public network. */
  genesisHash?: string
  /** Slots until a transaction is confirmed. Default 1. */
  confirmSlots?: number
  /** Slots until a transaction is finalized. Default 31. */
  finalSlots?: number
  /** Slots for which a blockhash stays usable. Default 150. */
  blockhashSlots?: number
  /** Default 0: any free port, for HTTP and WebSocket alike. */
  port?: number
}

/** A running Solana VM behind its RPC protocol. Amounts are lamports. */
export type SolanaNode = {
  readonly url: string
  readonly wsUrl: string
  readonly genesisHash: string
  /** The account that airdrops come from. */
  readonly faucet: string
  /** Switches that make the node misbehave; they act at once. */
  readonly fault: Faults
  /** Sends from the faucet, whatever the fault switches say; the signature of the landed transaction. */
  airdrop(address: string, lamports: bigint): Promise<string>
  /** Puts an account there as it is, whoever could have made it. */
  setAccount(account: { address: string; owner: string; lamports: bigint; data: Uint8Array }): void
  /** Puts a program there, from its ELF file. */
  addProgram(address: string, elf: Uint8Array): void
  /** Lets slots pass at once. */
  advance(slots: number): void
  /** Another fork wins over the newest slots, which must not be final: what landed there has not happened. */
  fork(slots: number): void
  /** Puts every fault switch back. */
  clearFaults(): void
  stop(): Promise<void>
}

/** The genesis hash of a localnet that is not told another. */
export const localGenesisHash = '4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY'

/** Starts a Solana VM on loopback. Rejects when its port is taken. */
export async function startSolana(options: SolanaOptions = {}): Promise<SolanaNode> {
  const { slotMs = 400, genesisHash = localGenesisHash } = options
  const { confirmSlots = 1, finalSlots = 31, blockhashSlots = 150, port = 0 } = options
  const chain = createChain({ confirmSlots, finalSlots, blockhashSlots, clock: clockOf(slotMs) })
  const fault = noFaults()
  const faucet = await faucetMethods(chain, sendingMethods(chain, noFaults()).sendTransaction!)
  const methods: Methods = {
    ...clusterMethods(chain, genesisHash),
    ...accountMethods(chain),
    ...historyMethods(chain),
    ...sendingMethods(chain, fault),
    ...faucet.methods,
  }
  const server = await serve({ methods, subscriptions: createSubscriptions(chain), faults: fault }, port)
  const timer = slotMs > 0 ? setInterval(() => chain.advance(), slotMs) : undefined
  return {
    url: `http://127.0.0.1:${server.port}`,
    wsUrl: `ws://127.0.0.1:${server.port}`,
    genesisHash,
    faucet: faucet.address,
    fault,
    airdrop: async (address, lamports) => String(await faucet.methods.requestAirdrop?.([address, lamports])),
    setAccount: (account) => {
      const { address: at, owner, lamports: held, data } = account
      const plain = { executable: false, lamports: lamports(held), space: BigInt(data.length) }
      chain.svm.setAccount({ ...plain, address: address(at), programAddress: address(owner), data })
    },
    addProgram: (at, elf) => chain.svm.addProgram(address(at), elf),
    advance: (slots) => chain.advance(slots),
    fork: (slots) => chain.fork(slots),
    clearFaults: () => void Object.assign(fault, noFaults()),
    async stop() {
      clearInterval(timer)
      await server.close()
    },
  }
}

function clockOf(slotMs: number): (slot: bigint) => bigint {
  if (slotMs > 0) return () => BigInt(Math.floor(Date.now() / 1000))
  // Where no time passes, each slot still takes the 0.4 s that it takes on a public network.
  const start = BigInt(Math.floor(Date.now() / 1000))
  return (slot) => start + (slot * 4n) / 10n
}
