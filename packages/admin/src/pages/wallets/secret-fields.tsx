import type { DerivedAddress, IMPORT_FORMATS, ImportedSecret } from '@waiaas/contract'
import { useId } from 'react'
import { Field, SelectField, TextField } from '../../parts/fields.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Format = (typeof IMPORT_FORMATS)[number]
/** The formats that a person brings; that of older installations comes with a command of its own. */
const FORMATS = {
  'private-key': { label: words.formatPrivateKey, secret: words.secret, isLong: false },
  mnemonic: { label: words.formatMnemonic, secret: words.secretPhrase, isLong: true },
  'keystore-v3': { label: words.formatKeystore, secret: words.secretFile, isLong: true },
  'solana-keypair': { label: words.formatSolana, secret: words.secretFile, isLong: true },
} as const satisfies Partial<Record<Format, unknown>>
type Shown = keyof typeof FORMATS

type Props = { readonly secret: ImportedSecret; readonly change: (secret: ImportedSecret) => void }

/** A key in one of its forms, with what opens it. */
export function SecretFields({ secret, change }: Props) {
  const t = useT()
  // The form begins with one of these, and chooses among them.
  const format = secret.format as Shown
  const { isLong, secret: label } = FORMATS[format]
  return (
    <>
      <SelectField
        label={t(words.format)}
        value={format}
        change={(next) => change({ format: next as Shown, secret: '' })}
        choices={Object.entries(FORMATS).map(([value, each]) => ({ value, label: t(each.label) }))}
      />
      {isLong ? (
        <Field label={t(label)}>
          {(id, about) => (
            <textarea
              id={id}
              aria-describedby={about}
              className="mono"
              rows={4}
              spellCheck={false}
              autoComplete="off"
              autoCapitalize="off"
              value={secret.secret}
              onChange={(event) => change({ ...secret, secret: event.target.value })}
            />
          )}
        </Field>
      ) : (
        <TextField
          label={t(label)}
          type="password"
          value={secret.secret}
          change={(text) => change({ ...secret, secret: text })}
        />
      )}
      {format === 'keystore-v3' && (
        <TextField
          label={t(words.filePassword)}
          type="password"
          value={secret.password ?? ''}
          change={(password) => change({ ...secret, password })}
        />
      )}
      {format === 'mnemonic' && (
        <TextField
          label={t(words.passphrase)}
          type="password"
          value={secret.passphrase ?? ''}
          change={(text) => change({ ...secret, passphrase: text === '' ? undefined : text })}
        />
      )}
    </>
  )
}

type Choosing = {
  readonly found: readonly DerivedAddress[]
  readonly chosen: number
  readonly choose: (at: number) => void
}

/** The addresses of a phrase, one of which its owner knows. */
export function AddressChoice({ found, chosen, choose }: Choosing) {
  const t = useT()
  const name = useId()
  return (
    <fieldset className="choice">
      <legend>{t(words.whichAddress)}</legend>
      <p className="quiet">{t(words.whichHint)}</p>
      {found.map(({ publicKey, usedBy }, at) => (
        <label key={publicKey}>
          <input type="radio" name={name} checked={at === chosen} onChange={() => choose(at)} />
          <span>
            <span className="mono">{publicKey}</span>
            <span className="quiet small-text">{usedBy}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
