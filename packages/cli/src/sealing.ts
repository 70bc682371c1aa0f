import type { ImportedSecret } from '@waiaas/contract'
import { sealSecret } from '@waiaas/daemon'

/** Seals a secret so that only the signer whose public key (base64) is given can read it. */
export const sealImport = (signerKey: string, imported: ImportedSecret): string =>
  sealSecret(signerKey, signerForm(imported)).sealed

/** The fields by the names that the signer reads. */
function signerForm({ format, secret, password, derivation, path, passphrase }: ImportedSecret): object {
  switch (format) {
    case 'private-key':
      return { kind: format, text: secret }
    case 'mnemonic':
      return { kind: format, phrase: secret, derivation, path, passphrase }
    case 'solana-keypair':
      return { kind: format, json: secret }
    case 'keystore-v3':
    case 'waiaas-2':
      return { kind: format, json: secret, password }
  }
}
