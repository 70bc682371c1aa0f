import {
  AccountRole,
  type Address,
  address,
  createSolanaRpc,
  getAddressEncoder,
  type Instruction,
  type KeyPairSigner,
  lamports,
} from '@solana/kit'
import { getCreateAccountInstruction } from '@solana-program/system'
import {
  findAssociatedTokenPda,
  getCreateAssociatedTokenIdempotentInstructionAsync,
  getInitializeMint2Instruction,
  getMintSize,
  getMintToInstruction,
} from '@solana-program/token'
import { token2022Program, tokenProgram } from './accounts.ts'
import { publicSigner, signed } from './faucet.ts'
import type { SolanaNode } from './node.ts'

export type SolanaFixtures = {
  /** SPL Token, 6 decimals. */
  readonly splMint: string
  /** Token-2022 without extensions, 9 decimals. */
  readonly token2022Mint: string
  /** Token-2022 with a transfer fee of 1 %, 6 decimals. */
  readonly token2022FeeMint: string
  /** Mints base units of a fixture to an owner, whose associated token account it creates; returns that account. */
  mintTo(mint: string, owner: string, amount: bigint): Promise<string>
}

type Setup = { node: Pick<SolanaNode, 'url'>; authority: KeyPairSigner }
type MintPlan = { label: string; decimals: number; program: Address; extension?: TransferFee }
type TransferFee = { basisPoints: number; maximumFee: bigint }

const classic = address(tokenProgram)
const token2022 = address(token2022Program)
// Base token account size, account kind, extension header and a transfer fee configuration.
const feeMintSize = 165n + 1n + 4n + 108n
/** Whose key is the mint of the SPL token, and who may mint. */
export const SPL_MINT = 'spl mint'
const AUTHORITY = 'mint authority'
const authorityFunds = 1_000_000_000_000n

/** Creates the test mints with real instructions. Their addresses are the same in each run. */
export async function createSolanaFixtures(node: SolanaNode): Promise<SolanaFixtures> {
  const authority = await publicSigner(AUTHORITY)
  await node.airdrop(authority.address, authorityFunds)
  const setup = { node, authority }
  const splMint = await createMint(setup, { label: SPL_MINT, decimals: 6, program: classic })
  const token2022Mint = await createMint(setup, { label: 'token-2022 mint', decimals: 9, program: token2022 })
  const token2022FeeMint = await createMint(setup, {
    label: 'token-2022 fee mint',
    decimals: 6,
    program: token2022,
    extension: { basisPoints: 100, maximumFee: 1_000_000_000_000n },
  })
  const mintTo = (mint: string, owner: string, amount: bigint) => {
    if (mint !== splMint && mint !== token2022Mint && mint !== token2022FeeMint) {
      throw new Error(`expected a mint of the fixtures, got ${mint}`)
    }
    return mintTokens(setup, {
      mint: address(mint),
      owner: address(owner),
      amount,
      program: mint === splMint ? classic : token2022,
    })
  }
  return { splMint, token2022Mint, token2022FeeMint, mintTo }
}

/** Mints base units of the SPL token on the VM at an address, and creates the account for them. */
export async function mintSpl(url: string, { owner, amount }: { owner: Address; amount: bigint }): Promise<void> {
  const [authority, mint] = await Promise.all([publicSigner(AUTHORITY), publicSigner(SPL_MINT)])
  await mintTokens({ node: { url }, authority }, { mint: mint.address, owner, amount, program: classic })
}

async function createMint(
  { node, authority }: Setup,
  { label, decimals, program, extension }: MintPlan,
): Promise<string> {
  const mint = await publicSigner(label)
  const space = extension ? feeMintSize : BigInt(getMintSize())
  const rent = await createSolanaRpc(node.url).getMinimumBalanceForRentExemption(space).send()
  const account = { payer: authority, newAccount: mint, lamports: lamports(rent), space, programAddress: program }
  await send({ node, authority }, [
    getCreateAccountInstruction(account),
    ...(extension ? [initializeTransferFee(mint.address, authority.address, extension)] : []),
    getInitializeMint2Instruction(
      { mint: mint.address, decimals, mintAuthority: authority.address },
      { programAddress: program },
    ),
  ])
  return mint.address
}

// The token package knows no extensions; its Token-2022 sibling does not support this kit yet.
function initializeTransferFee(
  mint: Address,
  authority: Address,
  { basisPoints, maximumFee }: TransferFee,
): Instruction {
  const keys = Buffer.from(getAddressEncoder().encode(authority))
  const data = Buffer.concat([Buffer.from([26, 0]), Buffer.from([1]), keys, Buffer.from([1]), keys, Buffer.alloc(10)])
  data.writeUInt16LE(basisPoints, data.length - 10)
  data.writeBigUInt64LE(maximumFee, data.length - 8)
  return { programAddress: token2022, accounts: [{ address: mint, role: AccountRole.WRITABLE }], data }
}

type Minting = { mint: Address; owner: Address; amount: bigint; program: Address }

async function mintTokens(setup: Setup, { mint, owner, amount, program }: Minting): Promise<string> {
  const { authority } = setup
  const [account] = await findAssociatedTokenPda({ owner, mint, tokenProgram: program })
  const create = { payer: authority, owner, mint, tokenProgram: program }
  await send(setup, [
    await getCreateAssociatedTokenIdempotentInstructionAsync(create),
    getMintToInstruction({ mint, token: account, mintAuthority: authority, amount }, { programAddress: program }),
  ])
  return account
}

// Lands in the slot it arrives in, so that there is nothing to wait for.
async function send({ node, authority }: Setup, instructions: readonly Instruction[]): Promise<void> {
  const rpc = createSolanaRpc(node.url)
  const { value } = await rpc.getLatestBlockhash({ commitment: 'processed' }).send()
  const wire = await signed(authority, instructions, value)
  await rpc.sendTransaction(wire, { encoding: 'base64', preflightCommitment: 'processed' }).send()
}
