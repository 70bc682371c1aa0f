import { sign } from 'node:crypto'
import { type Address, createAddressWithSeed, getAddressEncoder } from '@solana/kit'
import type { GivenInstruction } from '@waiaas/contract'
import { associatedAccount } from '../src/chains/solana/associated-account.ts'
import { writeMessage } from '../src/chains/solana/body.ts'
import { instructionOf } from '../src/chains/solana/program-call.ts'
import {
  associatedTokenProgram,
  memoProgram,
  stakeProgram,
  systemProgram,
  token2022Program,
  tokenProgram,
} from '../src/chains/solana/programs.ts'
import type { Bed, Wallet } from './solana-bed.ts'

export const u32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)]
export const u64 = (value: bigint): number[] => [...new Uint8Array(BigUint64Array.of(value).buffer)]
export const keyOf = (address: string): number[] => [...getAddressEncoder().encode(address as Address)]
/** A seed as instructions of the system program have it. */
export const seedOf = (seed: string): number[] => [...u64(BigInt(seed.length)), ...Buffer.from(seed)]

const RENT_SYSVAR = 'SysvarRent111111111111111111111111111111111'
const readonly = new Set<string>([
  ...[associatedTokenProgram, memoProgram, stakeProgram, systemProgram, token2022Program, tokenProgram],
  RENT_SYSVAR,
])

/** One as agents give it. All its accounts may be written, but programs and sysvars. */
export const given = (programId: string, accounts: readonly string[], data: readonly number[]): GivenInstruction => ({
  programId,
  data: Buffer.from(data).toString('base64'),
  accounts: accounts.map((pubkey) => ({
    ...{ pubkey, isSigner: false, isWritable: !readonly.has(pubkey) && !pubkey.startsWith('Sysvar') },
  })),
})

/** Sends what a wallet signs without anybody's judgement; says whether it did what it should. */
export async function run(bed: Bed, wallet: Wallet, ...instructions: readonly GivenInstruction[]): Promise<boolean> {
  const sender = wallet.address as Address
  const read = bed.chain.programs!.instructions(sender, instructions)
  const { blockhash } = await bed.chain.expiry!.anchor()
  const bytes = writeMessage(sender, read.map(instructionOf), blockhash!)
  const signed = bed.chain.addSignature(sender, bytes, sign(null, bytes, wallet.key))
  await bed.chain.broadcast([signed.bytes])
  bed.node.advance(1)
  bed.pass(3_000)
  const attempt = { id: 'run', hash: signed.hash, sender, lifetime: { blockhash: blockhash!, lastValid: 1_000_000 } }
  const [seen] = await bed.chain.observe([attempt])
  return seen?.state === 'included' && seen.succeeded
}

/** An account of a wallet's seed, made and given to a program. */
export async function seeded(wallet: Wallet, seed: string, { program, size, lamports }: Made) {
  const address = await createAddressWithSeed({
    ...{ baseAddress: wallet.address as Address, programAddress: program as Address, seed },
  })
  const data = [
    ...u32(3),
    ...keyOf(wallet.address),
    ...seedOf(seed),
    ...u64(lamports),
    ...u64(BigInt(size)),
    ...keyOf(program),
  ]
  return { address, make: given(systemProgram, [wallet.address, address], data) }
}
type Made = { readonly program: string; readonly size: number; readonly lamports: bigint }

/** Makes sure of the token account of an owner. */
export function holding(payer: string, owner: string, { mint, program }: { mint: string; program: Address }) {
  const { address } = associatedAccount(owner as Address, mint as Address, program)
  const create = given(associatedTokenProgram, [payer, address, owner, mint, systemProgram, program], [1])
  for (const at of [2, 3]) create.accounts[at]!.isWritable = false
  return { address, create }
}
