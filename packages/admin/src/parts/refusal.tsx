import type { WAIaaSError } from '@waiaas/contract'
import { common } from '../words/common.ts'
import { useT } from '../words/language.tsx'
import { sentence } from '../words/sentence.ts'

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
  return (
    <div className="refusal" role="alert">
      <p className="refusal-what">{sentence(error.message)}</p>
      {suggestion && (
        <p>
          {t(common.wouldPass)}: {suggestion}
        </p>
      )}
      {error.hint && <p className="quiet">{sentence(error.hint)}</p>}
    </div>
  )
}
