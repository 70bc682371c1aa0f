import { address } from '@solana/kit'

export const systemProgram = address('11111111111111111111111111111111')
export const tokenProgram = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA')
export const token2022Program = address('TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb')
export const associatedTokenProgram = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL')
export const computeBudgetProgram = address('ComputeBudget111111111111111111111111111111')
// The client package defaults to a newer deployment that not every cluster has.
export const memoProgram = address('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr')
export const stakeProgram = address('Stake11111111111111111111111111111111111111')
/** Fails a transaction in which an account is not as it should be: https://github.com/Jac0xb/lighthouse */
export const lighthouseProgram = address('L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95')
export const firstMemoProgram = 'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo'

export const lookupTableProgram = 'AddressLookupTab1e1111111111111111111111111'

export const isTokenProgram = (program: string): boolean => program === tokenProgram || program === token2022Program

const sysvarOwner = 'Sysvar1111111111111111111111111111111111111'
const programs = new Set<string>([
  systemProgram,
  tokenProgram,
  token2022Program,
  associatedTokenProgram,
  computeBudgetProgram,
  memoProgram,
  firstMemoProgram,
  sysvarOwner,
  lookupTableProgram,
  'BPFLoader1111111111111111111111111111111111',
  'BPFLoader2111111111111111111111111111111111',
  'BPFLoaderUpgradeab1e11111111111111111111111',
  'Config1111111111111111111111111111111111111',
  'Ed25519SigVerify111111111111111111111111111',
  'Feature111111111111111111111111111111111111',
  'KeccakSecp256k11111111111111111111111111111',
  'LoaderV411111111111111111111111111111111111',
  'NativeLoader1111111111111111111111111111111',
  'Secp256r1SigVerify1111111111111111111111111',
  stakeProgram,
  lighthouseProgram,
  'Vote111111111111111111111111111111111111111',
  'ZkE1Gama1Proof11111111111111111111111111111',
])
// Every sysvar's address was ground to begin with this word: https://docs.anza.xyz/runtime/sysvars
const sysvarPrefix = 'Sysvar'

/** What a well-known address is when it cannot receive anything, else null. */
export function knownNonRecipient(text: string): string | null {
  if (text.startsWith(sysvarPrefix) && text.endsWith('1111')) return 'a sysvar'
  if (text === 'Sysvar1nstructions1111111111111111111111111') return 'a sysvar'
  return programs.has(text) ? 'a program' : null
}
/** Accounts of this owner are sysvars. */
export const isSysvarOwner = (owner: string): boolean => owner === sysvarOwner
