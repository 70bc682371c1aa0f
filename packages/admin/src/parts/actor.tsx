import { useT } from '../words/language.tsx'
import { pair } from '../words/pair.ts'
import { shortened } from './values.tsx'

const words = pair({
  en: { operator: 'you, the operator', owner: 'owner {id}', session: 'session {id}' },
  ko: { operator: '운영자(나)', owner: '소유자 {id}', session: '세션 {id}' },
})

/** Who did something, as the evidence names them; a session by the end of its id, an owner by a short address. */
export function Actor({ actor }: { readonly actor: string }) {
  const t = useT()
  const [kind, id] = actor.split(/:(.*)/s)
  if (kind === 'operator') return t(words.operator)
  if (kind === 'session' && id) return <span title={actor}>{t(words.session, { id: `…${id.slice(-6)}` })}</span>
  if (kind === 'owner' && id) return <span title={actor}>{t(words.owner, { id: shortened(id) })}</span>
  return actor
}
