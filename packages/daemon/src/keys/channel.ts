import { deserialize, serialize } from 'node:v8'
import type { KeyErrorCode } from './key-error.ts'
import type { SignerIdentity } from './master-proof.ts'
import type {
  CallShown,
  CallVerified,
  CeilingChange,
  Chain,
  Checkpoint,
  DerivedAddress,
  Exported,
  ExportOptions,
  FirstCeiling,
  ImportSecret,
  KeyRow,
  KeyringRow,
  Lift,
  LiftWanted,
  NextCheckpoint,
  OperatorProof,
  OwnerWord,
  PasswordCost,
  Sealed,
  SealedImport,
  SignBatch,
  SignedBatch,
  SubkeyPurpose,
  Voice,
} from './types.ts'

/** Everything that the daemon can ask of the signer: arguments and answer by name. Passwords travel as bytes, to be wiped. */
export type SignerCalls = {
  createKeyring: { input: { password: Uint8Array; cost: PasswordCost }; output: KeyringRow }
  unlock: { input: { password: Uint8Array; row: KeyringRow }; output: true }
  verify: { input: { password: Uint8Array; row: KeyringRow }; output: boolean }
  verifyCall: { input: CallShown; output: CallVerified }
  /** `next` where the proof is in the open. */
  rewrap: { input: { proof: OperatorProof; next?: Uint8Array; cost: PasswordCost }; output: KeyringRow }
  subkey: { input: { purpose: SubkeyPurpose }; output: Uint8Array }
  create: { input: { walletId: string; chain: Chain }; output: KeyRow }
  import: { input: { walletId: string; chain: Chain; secret: ImportSecret | SealedImport }; output: KeyRow }
  derivations: { input: { chain: Chain; secret: ImportSecret | SealedImport }; output: DerivedAddress[] }
  export: { input: { key: KeyRow; options: ExportOptions; proof: OperatorProof }; output: Exported }
  sign: { input: SignBatch; output: SignedBatch }
  /** For a key that has just come in, within bounds; more, or for another key, with the password. One that is known stays. */
  firstCeiling: { input: FirstCeiling & { proof?: OperatorProof }; output: Sealed }
  /** No password is needed to tighten; for all else it is. */
  changeCeiling: { input: CeilingChange & { proof?: OperatorProof }; output: Sealed }
  /** Seals an approval of one payment above the ceiling, which takes the password. */
  lift: { input: LiftWanted & { proof: OperatorProof }; output: Lift }
  /** Seals what an owner has signed, while that is young. */
  hear: { input: OwnerWord; output: Voice }
  evidenceKey: { input: Record<string, never>; output: string }
  signCheckpoint: { input: NextCheckpoint; output: Checkpoint }
  signReceipt: { input: { hash: string }; output: { publicKey: string; signature: string } }
  sealingKey: { input: Record<string, never>; output: SignerIdentity }
  /** Names this start of the signer, locked or not. */
  instance: { input: Record<string, never>; output: string }
}
export type CallName = keyof SignerCalls

export type Call = { id: number; name: CallName; input: unknown }
export type Answer = { id: number } & ({ value: unknown } | { error: { code: KeyErrorCode; message: string } })

/** Where the signer finds its end of the channel. */
export const channelFd = 3
export const headerBytes = 4
/** Far above 64 of the largest transactions that a node accepts (128 KiB each). */
const maximumFrameBytes = 32 * 1024 * 1024

/** One message as it travels: four bytes of length, big endian, then the structured clone. */
export function encodeFrame(message: Call | Answer): Buffer {
  const body = serialize(message)
  if (body.length > maximumFrameBytes)
    throw new RangeError(`message to the signer is ${body.length} bytes, at most ${maximumFrameBytes} are allowed`)
  const frame = Buffer.allocUnsafeSlow(headerBytes + body.length)
  frame.writeUInt32BE(body.length)
  frame.set(body, headerBytes)
  body.fill(0)
  return frame
}

/** The body's length; throws on a length that no peer of ours sends. */
export function frameLength(header: Buffer): number {
  const length = header.readUInt32BE(0)
  if (length === 0 || length > maximumFrameBytes) throw new RangeError(`frame of ${length} bytes`)
  return length
}

/** Byte fields of the result may share memory with `body`: wipe it only when they are no longer needed. */
export const decodeFrame = <Message extends Call | Answer>(body: Buffer): Message => deserialize(body) as Message
