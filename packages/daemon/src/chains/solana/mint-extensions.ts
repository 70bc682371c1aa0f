import { Failure } from '@waiaas/contract'
import type { ReadAccount } from './accounts.ts'
import { token2022Program } from './programs.ts'

/** An entry behind a mint or an account of Token-2022. */
export type Extension = { readonly type: number; readonly value: Uint8Array }

const kindOffset = 165
const MALFORMED = 0xffff

/** The type-length-value entries of a Token-2022 mint or account. A malformed tail counts as an unknown extension. */
export function extensionsOf({ owner, data }: ReadAccount): Extension[] {
  if (owner !== token2022Program || data.length <= kindOffset) return []
  const bytes = Buffer.from(data)
  const found: Extension[] = []
  let offset = kindOffset + 1
  while (offset + 4 <= bytes.length) {
    const type = bytes.readUInt16LE(offset)
    const end = offset + 4 + bytes.readUInt16LE(offset + 2)
    if (type === 0) return found
    if (end > bytes.length) return [...found, { type: MALFORMED, value: new Uint8Array() }]
    found.push({ type, value: bytes.subarray(offset + 4, end) })
    offset = end
  }
  return found
}

/** Failure TOKEN_UNSUPPORTED naming each extension of the mint that changes what a transfer means. */
export function requireSupportedMint(address: string, account: ReadAccount): void {
  const refused = extensionsOf(account)
    .filter(({ type, value }) => !harmless.has(type) && !(unused[type]?.(value) ?? false))
    .map(({ type }) => odd[type] ?? { name: `extension ${type}`, why: 'this release does not know what it changes' })
  if (refused.length === 0) return
  const why = refused.map((each) => `${each.name} (${each.why})`).join(', ')
  throw new Failure(
    'TOKEN_UNSUPPORTED',
    `the token ${address} is not sent, because its mint is ${why}; move it with a wallet in which a person sees each transfer`,
    { details: { extensions: refused.map(({ name }) => name) } },
  )
}

/** Failure TOKEN_UNSUPPORTED while whoever may pause the token has it paused. */
export function requireMoving(address: string, account: ReadAccount): void {
  const pausable = extensionsOf(account).find(({ type }) => type === PAUSABLE)
  if (!pausable || pausable.value[KEY] === 0) return
  throw new Failure(
    'TOKEN_UNSUPPORTED',
    `the mint ${address} is paused: none of it moves until its issuer resumes it`,
    {
      details: { extensions: ['pausable'] },
    },
  )
}

/** The owner of the account takes nothing without a memo. */
export const wantsMemo = (account: ReadAccount): boolean =>
  extensionsOf(account).some(({ type, value }) => type === MEMO_TRANSFER && value[0] === 1)

export const METADATA = 19
const MEMO_TRANSFER = 8
const TRANSFER_HOOK = 14
const PAUSABLE = 26
const KEY = 32

// Numbers: https://github.com/solana-program/token-2022/blob/main/interface/src/extension/mod.rs
const odd: Readonly<Record<number, { readonly name: string; readonly why: string }>> = {
  9: { name: 'non-transferable', why: 'none of it can be sent to anybody' },
  10: {
    name: 'interest bearing',
    why: 'what wallets show of it grows with time, so that an amount that is asked for, priced or approved is not the one that moves',
  },
  25: {
    name: 'scaled UI amount',
    why: 'what wallets show of it is multiplied by a factor that its issuer can change, so that an amount that is asked for, priced or approved is not the one that moves',
  },
  [TRANSFER_HOOK]: {
    name: 'transfer hook',
    why: 'a program of its issuer runs with each transfer, and nobody here reads it',
  },
  24: { name: 'confidential mint and burn', why: 'how much of it there is cannot be read' },
  28: { name: 'permissioned burn', why: 'its issuer has to sign too where some of it is burnt' },
}

/**
 * What leaves the wallet is the amount, whatever these say: a transfer fee is withheld from what the recipient gets; a mint
 * with holders cannot be closed; balances may be hidden by those who ask for it; an account that begins as frozen takes
 * nothing until it is thawed, and the transfer fails; and an issuer who may take from every account, or pause all, does so
 * without the wallet, like one who may freeze. The others are pointers to and contents of metadata, groups and members.
 */
const harmless = new Set([1, 3, 4, 6, 12, 16, 18, METADATA, 20, 21, 22, 23, PAUSABLE])

/** Where the mint has room for it, and says that it is not used. */
const unused: Readonly<Record<number, (value: Uint8Array) => boolean>> = {
  [TRANSFER_HOOK]: (value) => value.length === 2 * KEY && value.subarray(KEY).every((byte) => byte === 0),
}
