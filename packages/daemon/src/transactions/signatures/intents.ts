import { type Effects, factsOf, invalidField, type messageOperations, type Parsed } from '@waiaas/contract'
import type { Intent } from '../../chains/intent.ts'
import type { Messages } from '../../chains/messages.ts'
import type { Parsing } from '../kinds/kind.ts'
import { knownTokens } from '../kinds/known-tokens.ts'

type Wanted = Pick<Parsed<(typeof messageOperations)['signMessage']>, 'message' | 'signType' | 'typedData'>

/** What is to be signed. Failure ACTION_VALIDATION_FAILED where the field of its kind is missing, or that of the other is there. */
export function messageIntent({ message, signType, typedData }: Wanted, { typed }: Pick<Messages, 'typed'>): Intent {
  if (signType === 'personal') {
    if (typedData !== undefined) throw invalidField('typedData', 'expected it with signType "typedData" alone')
    if (message === undefined) throw invalidField('message', 'expected the text to sign')
    return { kind: 'text', text: message }
  }
  if (message !== undefined) throw invalidField('message', 'expected it with signType "personal" alone')
  if (typedData === undefined) throw invalidField('typedData', 'expected the typed data to sign')
  return { kind: 'typed-data', data: typed(typedData), tokens: [] }
}

/** With what the registry or the chain knows of the tokens that it lets others take. */
export async function withTokens(intent: Intent, effects: Effects, on: Parsing): Promise<Intent> {
  if (intent.kind !== 'typed-data') return intent
  const { pays, spenders } = factsOf(effects)
  const addresses = [...pays, ...spenders].map(({ asset }) => asset.slice(asset.lastIndexOf(':') + 1))
  return { ...intent, tokens: await knownTokens(on, [...new Set(addresses)]) }
}
