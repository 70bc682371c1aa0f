import { z } from 'zod'
import { Failure } from '../failure.ts'
import { Labels } from '../labels.ts'
import type { Form } from '../operation.ts'
import { Wait } from '../waiting.ts'
import { walletChoice } from '../wallet.ts'
import { NetworkName, TransactionType } from '../wire.ts'
import { DEFAULT_TYPE, type RequestKinds, requestKind, SENDABLE, type SendType } from './all.ts'
import { EvmTerms } from './evm-terms.ts'
import { GasCondition } from './gas-condition.ts'
import type { RequestForm, Rule } from './kind.ts'

type Fields = RequestKinds[SendType]['fields']
type KeyOf<U> = U extends unknown ? keyof U : never
type SchemaOf<U, F> = U extends unknown ? (F extends keyof U ? U[F] : never) : never
/** The fields of all kinds; what some do not take may be left out. */
type Shape = {
  [F in KeyOf<Fields>]: F extends keyof Fields ? SchemaOf<Fields, F> : z.ZodOptional<SchemaOf<Fields, F>>
}

/** The names of all fields, each once and behind the one that it follows in its kind. */
function fieldNames(): string[] {
  const names: string[] = []
  for (const type of SENDABLE) {
    let next = 0
    for (const name of Object.keys(requestKind(type).fields)) {
      if (!names.includes(name)) names.splice(next, 0, name)
      next = names.indexOf(name) + 1
    }
  }
  return names
}

const takers = (field: string): SendType[] => SENDABLE.filter((type) => Object.hasOwn(requestKind(type).fields, field))
const schemaOf = (field: string): z.ZodType => requestKind(takers(field)[0]!).fields[field]!
const names = fieldNames()
/** Fields that not every kind takes. */
const special = names.filter((field) => takers(field).length < SENDABLE.length)

/** An optional schema may have its description inside, in a schema of the same library. */
const describedAs = (schema: z.ZodType): string =>
  schema.description ?? (schema instanceof z.ZodOptional ? describedAs(schema.unwrap() as z.ZodType) : '')

/** What a field is, and of which of these types where it is not one of each. */
function descriptionOf(field: string, types: readonly SendType[]): string {
  const description = describedAs(schemaOf(field))
  const of = types.filter((type) => takers(field).includes(type))
  return of.length < types.length ? `${description}, for ${of.join(', ')}` : description
}

/** A field that a request of another type may not have. */
const specialSchema = (field: string): z.ZodType => schemaOf(field).optional().describe(descriptionOf(field, SENDABLE))

const shape = Object.fromEntries(
  names.map((field) => [field, special.includes(field) ? specialSchema(field) : schemaOf(field)]),
) as Shape // made of the same table by the same rule

/** That a field comes with the types that take it, and with no other. */
function placeRule(type: SendType, field: string): Rule {
  const types = takers(field)
  const mayLack = schemaOf(field).safeParse(undefined).success
  const isTaken = types.includes(type)
  return {
    holds: (input) => (input[field] === undefined ? mayLack || !isTaken : isTaken),
    error: `expected ${field} ${mayLack ? 'only with' : 'with'} type ${types.join(', ')}${mayLack ? '' : ', and only there'}`,
    field,
  }
}
const rules = Object.fromEntries(
  SENDABLE.map((type) => [type, [...requestKind(type).rules, ...special.map((field) => placeRule(type, field))]]),
) as Record<SendType, Rule[]> // a row for each

const either = (words: readonly string[]): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
const choices = (types: readonly SendType[]): string =>
  either(
    types.map((type) => {
      const { note } = requestKind(type)
      return note ? `${type} (${note})` : type
    }),
  )
/** What agents can send, as it follows the word "Send". */
export const SENDS = either(SENDABLE.map((type) => requestKind(type).summary))

/** What is said of a request of any kind. */
const ENVELOPE = ['network', 'walletId', 'labels', 'gasCondition', 'dryRun', 'wait']
const isNeeded = (field: string) => schemaOf(field).safeParse(undefined).success === false

function formOf({ tool, command, summary, says = {}, without = [], ...rest }: RequestForm, types: SendType[]): Form {
  const kinds = types.map(requestKind)
  const isHidden = (field: string) => Object.hasOwn(says, field) || without.includes(field)
  const fields = names.filter((field) => kinds.some((kind) => Object.hasOwn(kind.fields, field)) && !isHidden(field))
  const ofAll = (field: string) => kinds.every((kind) => Object.hasOwn(kind.fields, field))
  const [first, ...others] = types as [SendType, ...SendType[]] // a form is some kind's
  return {
    ...{ tool, command, summary, ...rest },
    fields: [...(others.length > 0 ? ['type'] : []), ...fields, ...ENVELOPE],
    descriptions: {
      ...{ type: choices(types) },
      ...Object.fromEntries(fields.map((field) => [field, descriptionOf(field, types)])),
    },
    required: fields.filter((field) => ofAll(field) && isNeeded(field)),
    needs: (requestKind(first).needs ?? []).filter((field) => fields.includes(field)),
    values: { type: [first, ...others], ...Object.fromEntries(Object.entries(says).map(([k, v]) => [k, [v]])) },
  }
}

/** The tools and commands that send, each for the kinds that name it. */
export const SEND_FORMS: readonly Form[] = [...new Set(SENDABLE.flatMap((type) => requestKind(type).forms))].map(
  (form) =>
    formOf(
      form,
      SENDABLE.filter((type) => requestKind(type).forms.includes(form)),
    ),
)

const fields = {
  type: z.enum(SENDABLE).default(DEFAULT_TYPE).describe(choices(SENDABLE)),
  ...shape,
  network: NetworkName.optional(),
  ...walletChoice,
  labels: Labels.optional(),
  gasCondition: GasCondition.optional(),
  evm: EvmTerms.optional(),
  dryRun: z.boolean().default(false).describe('build, decode and judge only; nothing is stored or sent'),
}
type Refinement = Pick<z.core.$RefinementCtx, 'addIssue'>
function requireRules(input: { type: SendType }, context: Refinement): void {
  for (const { holds, error, field } of rules[input.type])
    if (!holds(input)) context.addIssue({ code: 'custom', path: [field], message: error })
}

/** What can be tried without sending it. */
export const SimulateRequest = z.strictObject(fields).superRefine(requireRules)
/** What agents send: one flat object, whatever the type. */
export const SendRequest = z.strictObject({ ...fields, wait: Wait }).superRefine(requireRules)
export type SendRequest = z.output<typeof SendRequest>
/** A request of one type, whose rules it keeps. */
export type RequestOf<T extends SendType> = Omit<SendRequest, keyof Shape | 'type'> &
  z.output<z.ZodObject<RequestKinds[T]['fields']>> & { readonly type: T }

/** A request as its kind is written now. */
export function formerRequest(input: Record<string, unknown>): Record<string, unknown> {
  const type = SENDABLE.find((one) => one === input.type)
  return (type && requestKind(type).formerly?.(input)) ?? input
}

const KNOWN: readonly string[] = TransactionType.options

/** Failure UNSUPPORTED_TX_TYPE for a type that the wire knows and this release does not send. */
export function refuseUnsendable({ type }: Record<string, unknown>): void {
  if (typeof type !== 'string' || !KNOWN.includes(type) || SENDABLE.some((one) => one === type)) return
  throw new Failure(
    'UNSUPPORTED_TX_TYPE',
    `expected one of ${SENDABLE.join(', ')}, got ${type}, which this release does not send`,
    { details: { type, supported: [...SENDABLE] } },
  )
}
