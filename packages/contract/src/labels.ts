import { z } from 'zod'

export const MOST_LABELS = 8
const MOST_NAME = 32
const MOST_VALUE = 64

// What cannot be seen, or turns text around, would let one label look like another.
const SEEN = /^[^\p{C}\p{Zl}\p{Zp}]+$/u
const NAME = new RegExp(`^[a-z][a-z0-9_-]{0,${MOST_NAME - 1}}$`)
const nameExpected = `expected a label name of 1 to ${MOST_NAME} small letters, digits, "_" and "-", a letter first`
const valueExpected = `expected a label value of 1 to ${MOST_VALUE} characters that can be seen`

const LabelValue = z
  .string()
  .max(MOST_VALUE, valueExpected)
  .regex(SEEN, valueExpected)
  .refine((value) => value.trim() === value, `${valueExpected}, without a space at either end`)

/** What a caller says a request is for, such as its agent, task or project: up to 8 pairs of a name and a value. */
export const Labels = z
  .record(z.string().regex(NAME), LabelValue, {
    error: ({ code }) => (code === 'invalid_key' ? nameExpected : undefined),
  })
  .refine((labels) => Object.keys(labels).length <= MOST_LABELS, `expected at most ${MOST_LABELS} labels`)
  .describe('what it is for, up to 8 pairs such as {"task": "invoice-7"}; they change no decision')
export type Labels = z.output<typeof Labels>

/** A label as lists are asked for it. */
export const LabelFilter = z
  .string()
  .max(MOST_NAME + 1 + MOST_VALUE)
  .regex(/^[a-z][a-z0-9_-]*:[^\p{C}\p{Zl}\p{Zp}]+$/u, 'expected a label as name:value, such as task:invoice-7')
  .describe('those with this label, as name:value')

/** The labels of one request, each as lists are asked for it; in one order. */
export const labelTexts = (labels: Labels): string[] =>
  Object.entries(labels)
    .map(([name, value]) => `${name}:${value}`)
    .sort()
