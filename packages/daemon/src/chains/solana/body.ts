import { type AccountRole, type Address, address, type Instruction } from '@solana/kit'
import { getSetComputeUnitLimitInstruction, getSetComputeUnitPriceInstruction } from '@solana-program/compute-budget'
import { Failure } from '@waiaas/contract'
import type { Lifetime } from '../chain.ts'
import { maxVariation } from './fees.ts'
import { writeMessage } from './message.ts'

/** A draft's content: the planned compute budget, in whole bands, and the instructions that act. */
export type Body = {
  readonly units: number
  /** Micro-lamports for each compute unit. */
  readonly price: bigint
  readonly instructions: readonly Instruction[]
}
type Stored = {
  units: number
  price: string
  instructions: { program: string; accounts: [address: string, role: AccountRole][]; data: string }[]
}

export function writeBody({ units, price, instructions }: Body): string {
  const stored: Stored = {
    units,
    price: `${price}`,
    instructions: instructions.map(({ programAddress, accounts, data }) => ({
      program: programAddress,
      accounts: (accounts ?? []).map(({ address: account, role }) => [account, role]),
      data: Buffer.from(data ?? []).toString('base64'),
    })),
  }
  return JSON.stringify(stored)
}

export function readBody(text: string): Body {
  // Written by writeBody and kept by the daemon itself.
  const { units, price, instructions } = JSON.parse(text) as Stored
  return {
    units,
    price: BigInt(price),
    instructions: instructions.map(({ program, accounts, data }) => ({
      programAddress: address(program),
      accounts: accounts.map(([account, role]) => ({ address: address(account), role })),
      data: Buffer.from(data, 'base64'),
    })),
  }
}

/** The unsigned bytes of a body under a lifetime. */
export function bodyBytes(sender: Address, { units, price, instructions }: Body, lifetime: Lifetime): Uint8Array {
  const { blockhash, variation = 0 } = lifetime
  if (!blockhash) throw new Failure('INVALID_TRANSACTION', 'expected a blockhash in the lifetime, got none')
  if (!Number.isInteger(variation) || variation < 0 || variation > maxVariation)
    throw new Failure('INVALID_TRANSACTION', `expected a variation from 0 to ${maxVariation}, got ${variation}`)
  const budget = [
    getSetComputeUnitLimitInstruction({ units: units + variation }),
    getSetComputeUnitPriceInstruction({ microLamports: price }),
  ]
  return writeMessage(sender, [...budget, ...instructions], blockhash)
}
