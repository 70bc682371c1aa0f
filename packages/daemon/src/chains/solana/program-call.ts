import { AccountRole, type Address, type Instruction, isAddress } from '@solana/kit'
import { Failure, factsOf, type Network, nativeAsset } from '@waiaas/contract'
import type { Programs } from '../chain.ts'
import type { ProgramInstruction } from '../intent.ts'
import type { Rpc } from '../rpc.ts'
import { readAccounts } from './accounts.ts'
import { writeMessage } from './body.ts'
import { decodeMessage } from './decode.ts'
import type { LookupTables } from './lookup-tables.ts'
import { readMessage } from './message.ts'
import { tokenAccountOwner } from './mint.ts'
import { computeBudgetProgram, isTokenProgram, systemProgram } from './programs.ts'
import { bytesOf, requireSoleSigner } from './serialized.ts'
import { readForeign } from './wire.ts'

/** Compute unit limit and price, and how much data is loaded: https://docs.rs/solana-compute-budget-interface */
const TERMS = ['02', '03', '04']
/** What a program has without asking for more. */
const HEAP = 32 * 1_024
/** AdvanceNonceAccount: https://docs.rs/solana-system-interface */
const ADVANCE_NONCE = '04000000'
/** A transaction locks no more: https://solana.com/docs/core/transactions */
const MOST_ACCOUNTS = 64

type Parts = { readonly network: Network; readonly rpc: Rpc; readonly tables: LookupTables }

/** Calls of programs by their instructions. */
export const programs = ({ network, rpc, tables }: Parts): Programs => ({
  instructions(sender, given) {
    const read = given.map(
      ({ programId, data, accounts }): ProgramInstruction => ({
        program: programId,
        accounts: accounts.map(({ pubkey, isSigner, isWritable }) => ({
          ...{ address: pubkey, signer: isSigner, writable: isWritable },
        })),
        data: hexOf(data),
      }),
    )
    requireInstructions(sender, read)
    return read
  },
  withoutTerms(given) {
    const own = given.filter(
      ({ programId, data }) => programId !== computeBudgetProgram || !TERMS.includes(hexOf(data).slice(0, 2)),
    )
    if (own.some(({ programId, data }) => programId === systemProgram && hexOf(data).startsWith(ADVANCE_NONCE)))
      throw refused('a durable nonce would let it land at any time; leave out the instruction that advances it')
    return own
  },
  async takeApart(sender, text) {
    const { message, frame } = readForeign(bytesOf(text))
    requireSoleSigner(sender, frame)
    if (frame.signers[0] !== sender) throw refused(`the wallet ${sender} itself pays the fee, not ${frame.signers[0]}`)
    if ((frame.limits?.heapBytes ?? HEAP) > HEAP) throw refused(`it asks for a heap above the usual ${HEAP} bytes`)
    const { instructions } = readMessage(message, await tables.at(frame.places))
    const given = instructions.map(({ program, accounts, data }) => ({
      ...{ programId: program, data: `0x${Buffer.from(data).toString('hex')}` },
      accounts: accounts.map(({ address, signer, writable }) => ({
        ...{ pubkey: address, isSigner: signer, isWritable: writable },
      })),
    }))
    return { given, tables: [...new Set(frame.places.map(({ table }) => table))] }
  },
  async owners(instructions) {
    const named = instructions.flatMap(({ program, accounts }) =>
      isTokenProgram(program) ? accounts.map(({ address }) => address) : [],
    )
    const found = await readAccounts(rpc, [...new Set(named)])
    return [...new Set(found.flatMap((account) => (account && tokenAccountOwner(account)) ?? []))]
  },
  tokensIn(sender, { instructions, owners }) {
    const bytes = writeMessage(sender as Address, instructions.map(instructionOf), systemProgram)
    const { effects } = decodeMessage({ network, address: sender as Address }, bytes, { owners })
    const { pays, spenders } = factsOf(effects)
    const assets = new Set([...pays, ...spenders].map(({ asset }) => asset))
    assets.delete(nativeAsset(network))
    return [...assets].map((asset) => asset.slice(asset.lastIndexOf(':') + 1))
  },
  lookups: ({ instructions, tables: named }) => tables.find(instructions, named),
})

/** Failure INVALID_ADDRESS or INVALID_TRANSACTION of what a wallet of one key cannot send, by what is told of it. */
export function requireInstructions(sender: string, instructions: readonly ProgramInstruction[]): void {
  const run = new Set(instructions.map(({ program }) => program))
  const all = new Set([sender, ...run])
  if (run.has(sender)) throw refused(`the wallet ${sender} is no program`)
  if (run.has(computeBudgetProgram))
    throw refused('the daemon sets the compute unit limit and price by itself; leave these instructions out')
  for (const { program, accounts } of instructions) {
    requireAddress(program)
    for (const { address, signer, writable } of accounts) {
      requireAddress(address)
      all.add(address)
      if (signer && address !== sender)
        throw refused(`${address} would have to sign too; only the wallet ${sender} itself does`)
      if (writable && run.has(address)) throw refused(`the program ${address} runs, and cannot be writable too`)
    }
  }
  if (all.size > MOST_ACCOUNTS) throw refused(`it names ${all.size} accounts; ${MOST_ACCOUNTS} are the most`)
}

function requireAddress(text: string): void {
  if (!isAddress(text))
    throw new Failure('INVALID_ADDRESS', `expected a Solana address (base58 of 32 bytes), got "${text.slice(0, 60)}"`)
}

const refused = (what: string): Failure => new Failure('INVALID_TRANSACTION', what)

const hexOf = (data: string): string =>
  data.startsWith('0x') ? data.slice(2).toLowerCase() : Buffer.from(data, 'base64').toString('hex')

/** Addresses that `requireInstructions` let pass. */
export const instructionOf = ({ program, accounts, data }: ProgramInstruction): Instruction => ({
  programAddress: program as Address,
  accounts: accounts.map(({ address, signer, writable }) => ({
    ...{ address: address as Address, role: roles[signer ? 1 : 0][writable ? 1 : 0] },
  })),
  data: new Uint8Array(Buffer.from(data, 'hex')),
})

const roles = [
  [AccountRole.READONLY, AccountRole.WRITABLE],
  [AccountRole.READONLY_SIGNER, AccountRole.WRITABLE_SIGNER],
] as const
