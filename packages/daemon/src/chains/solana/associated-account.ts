import { createHash } from 'node:crypto'
import { type Address, getAddressDecoder, getAddressEncoder, isAddress, isOffCurveAddress } from '@solana/kit'
import { associatedTokenProgram, token2022Program, tokenProgram } from './programs.ts'

type Associated = { readonly address: Address; readonly bump: number }

const toBytes = getAddressEncoder()
const fromBytes = getAddressDecoder()
const marker = Buffer.from('ProgramDerivedAddress')
const remembered = new Map<string, Associated>()
const capacity = 20_000

/**
 * The token account that belongs to an owner by derivation, with the bump that the program will search for.
 * Synchronous, unlike kit's own, so that reading bytes stays pure; a test compares the two.
 */
export function associatedAccount(owner: Address, mint: Address, program: Address): Associated {
  const key = `${owner}${mint}${program}`
  const known = remembered.get(key)
  if (known) return known
  const found = derive(owner, mint, program)
  if (remembered.size >= capacity) remembered.clear()
  remembered.set(key, found)
  return found
}

/** Is it the token account that belongs to this owner by derivation, under one of the token programs? */
export function isAssociatedAccount(account: string, { owner, mint }: { owner: string; mint: string }): boolean {
  if (!isAddress(owner) || !isAddress(mint)) return false
  return [tokenProgram, token2022Program].some((program) => associatedAccount(owner, mint, program).address === account)
}

function derive(owner: Address, mint: Address, program: Address): Associated {
  const seeds = [owner, program, mint].map((seed) => Buffer.from(toBytes.encode(seed)))
  const ending = Buffer.concat([Buffer.from(toBytes.encode(associatedTokenProgram)), marker])
  for (let bump = 255; bump >= 0; bump--) {
    const hash = createHash('sha256')
    for (const seed of seeds) hash.update(seed)
    const candidate = fromBytes.decode(hash.update(Uint8Array.of(bump)).update(ending).digest())
    if (isOffCurveAddress(candidate)) return { address: candidate, bump }
  }
  throw new RangeError(`no token account can be derived for owner ${owner} and mint ${mint}`)
}
