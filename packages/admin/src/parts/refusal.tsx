import type { WAIaaSError } from '@waiaas/contract'
import { common } from '../words/common.ts'
import { useT } from '../words/language.tsx'
import { sentence } from '../words/sentence.ts'
import { Copy } from './values.tsx'

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** What would have passed, where the daemon says it. */
function suggestionOf({ details }: WAIaaSError): string | undefined {
  const suggestion = details?.suggestion
  if (typeof suggestion !== 'object' || suggestion === null || !('text' in suggestion)) return textOf(suggestion)
  return textOf(suggestion.text)
}

/** Why the daemon did not do it: its sentence, what would pass, and the next step. Nothing without an error. */
export function Refusal({ error }: { readonly error: WAIaaSError | null | undefined }) {
  const t = useT()
  if (!error) return null
  const suggestion = suggestionOf(error)
  const consent = error.details?.consent
  return (
    <div className="refusal" role="alert">
      <p className="refusal-what">{sentence(error.message)}</p>
      {suggestion && (
        <p>
          {t(common.wouldPass)}: {suggestion}
        </p>
      )}
      {typeof consent === 'string' && <Consent id={consent} />}
      {error.hint && <p className="quiet">{sentence(error.hint)}</p>}
    </div>
  )
}

/** Where owners agree to it; then the same is done again. */
function Consent({ id }: { readonly id: string }) {
  const t = useT()
  const link = `${location.origin}/consent/${id}`
  return (
    <p>
      {t(common.consent)}:{' '}
      <a href={link} target="_blank" rel="noreferrer">
        {link}
      </a>{' '}
      <Copy text={link} />
    </p>
  )
}
