import { useT } from '../words/language.tsx'
import { pair } from '../words/pair.ts'

const words = pair({
  en: { operator: 'you, the operator', session: 'session {id}' },
  ko: { operator: '운영자(나)', session: '세션 {id}' },
})

/** Who did something, as the evidence names them; a session by the end of its id. */
export function Actor({ actor }: { readonly actor: string }) {
  const t = useT()
  const [kind, id] = actor.split(':')
  if (kind === 'operator') return t(words.operator)
  return kind === 'session' && id ? <span title={actor}>{t(words.session, { id: `…${id.slice(-6)}` })}</span> : actor
}
