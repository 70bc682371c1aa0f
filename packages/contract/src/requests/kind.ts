import type { z } from 'zod'

/** What holds between the fields of a request, each of which is right by itself. */
export type Rule = {
  readonly holds: (input: Readonly<Record<string, unknown>>) => boolean
  /** What was expected, and the field that is told of it. */
  readonly error: string
  readonly field: string
}
/** All that the wire, tools and commands need to know of one kind of request. */
export type RequestKind = {
  /** What an agent sends with it, as it follows the word "Send". */
  readonly summary: string
  /** What the name of the type leaves open. */
  readonly note?: string
  /** Its own fields, in the wire's order, each with a description. What several kinds take is one schema of `fields.ts`. */
  readonly fields: Readonly<Record<string, z.ZodType>>
  readonly rules: readonly Rule[]
  /** The tools and commands that send it. Kinds that share one name the same value. */
  readonly forms: readonly RequestForm[]
  /** What clients of 2.x write in another shape, as it is written now. */
  readonly formerly?: (input: Record<string, unknown>) => Record<string, unknown>
  /** Fields that a tool needs of it, where its rules leave a choice. */
  readonly needs?: readonly string[]
}

/** A tool, a command or both that send some kinds of requests. */
export type RequestForm = {
  readonly tool?: string
  readonly command?: string
  readonly summary: string
  /** What somebody could type behind the name of the command. */
  readonly example?: string
  /** Fields that it says by itself. */
  readonly says?: Readonly<Record<string, string>>
  /** Fields that make no sense in it. */
  readonly without?: readonly string[]
}
