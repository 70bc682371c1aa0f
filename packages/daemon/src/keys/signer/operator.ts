import type { ProvenCall } from '../master-proof.ts'
import { formsOf } from '../password-text.ts'
import { type SealingKeyPair, sealingKeyPairOf } from '../sealing.ts'
import type { CallShown, CallVerified, KeyringRow, OperatorProof } from '../types.ts'
import { sodium } from './guarded.ts'
import { isRecord, parseJson } from './invalid.ts'
import { type Keyring, sealingSeed } from './keyring.ts'
import { passwordProof, wrongPassword } from './password-proof.ts'
import { type Deed, deedOf, proofs, refused, requireBody, requireCall } from './proofs.ts'

/** What a call asks for that a sealed proof was made for. */
export type Asked = ProvenCall & { deed: Deed; body: Record<string, unknown> }
type Held = { keyring: Keyring; row: KeyringRow }

/** The key pair that clients seal to: of the keyring, so that it is the same after each start and at each replica. */
export function sealingPair(keyring: Keyring): SealingKeyPair {
  const seed = sealingSeed(keyring)
  try {
    return seed.use(sealingKeyPairOf)
  } finally {
    seed.wipe()
  }
}

/** Who shows the master password, in the open or sealed for one call, is the operator. */
export function operatorProofs(held: () => Held) {
  const passwords = passwordProof()
  const sealed = proofs()

  async function isRight(text: string, shown: Held, derives: boolean): Promise<boolean | undefined> {
    const forms = formsOf(text).map((form) => Buffer.from(form, 'utf8'))
    try {
      if (forms.some((form) => passwords.isKnown(form, shown.row))) return true
      if (!derives) return undefined
      for (const form of forms) if (await passwords.isRight(form, shown)) return true
      return false
    } finally {
      for (const form of forms) sodium.sodium_memzero(form)
    }
  }

  return {
    instance: sealed.instance,
    know: passwords.know,
    forget: passwords.forget,
    /** Without `derives`, `isRight` is undefined where that takes a derivation. The row is the stored one of this keyring. */
    async verifyCall({ row, derives, ...call }: CallShown): Promise<CallVerified> {
      const { keyring } = held()
      const proof = sealed.open(sealingPair(keyring), call.sealed)
      requireCall(proof, call)
      const giveBack = sealed.use(proof, 'call')
      const outcome = await isRight(proof.password, { keyring, row }, derives)
      if (outcome !== true) giveBack()
      return { isRight: outcome, bodyHash: proof.bodyHash }
    },
    /**
     * What the call asks for, where the password came sealed: then nothing but that is to be done, and once.
     * INVALID_MASTER_PASSWORD, PROOF_REFUSED.
     */
    async require(shown: OperatorProof, ...deeds: readonly Deed[]): Promise<Asked | undefined> {
      if ('password' in shown) {
        await passwords.require(shown.password, held())
        return undefined
      }
      const proof = sealed.open(sealingPair(held().keyring), shown.sealed)
      const { method, path } = proof
      const deed = deedOf(proof)
      if (!deed || !deeds.includes(deed)) return refused(`it is for ${method} ${path}, which does not ask for this`)
      requireBody(proof, shown.body)
      const giveBack = sealed.use(proof, 'deed')
      if (!(await isRight(proof.password, held(), true))) {
        giveBack()
        throw wrongPassword()
      }
      const body = parseJson(shown.body === '' ? '{}' : shown.body)
      return { deed, method, path, body: isRecord(body) ? body : refused('its body is no JSON object') }
    },
  }
}
