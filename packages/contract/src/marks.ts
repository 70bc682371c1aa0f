import { z } from 'zod'

type Marks<Mark> = { get(schema: z.ZodType): Mark | undefined }

/** The fields of an input that have a mark: on their schema, or on what it holds when it may be left out or is a list. */
export const markedFields = <Mark>(input: z.ZodObject, marks: Marks<Mark>): [field: string, mark: Mark][] =>
  // Fields of a strict object are schemas.
  Object.entries(input.shape as Record<string, z.ZodType>).flatMap(([field, schema]): [string, Mark][] => {
    const mark = markOf(schema, marks)
    return mark === undefined ? [] : [[field, mark]]
  })

function markOf<Mark>(schema: z.ZodType, marks: Marks<Mark>): Mark | undefined {
  const found = marks.get(schema)
  if (found !== undefined) return found
  const { def } = schema
  // What may be left out, and a list, hold a schema under these names.
  if ('innerType' in def) return markOf(def.innerType as z.ZodType, marks)
  return 'element' in def ? markOf(def.element as z.ZodType, marks) : undefined
}

/** What the lists of an input hold, where that has fields of its own. */
export const heldObjects = (input: z.ZodObject): z.ZodObject[] =>
  // Fields of a strict object are schemas.
  Object.values(input.shape as Record<string, z.ZodType>).flatMap((schema) => {
    const held = elementOf(schema)
    return held instanceof z.ZodObject ? [held] : []
  })

function elementOf({ def }: z.ZodType): z.ZodType | undefined {
  if ('innerType' in def) return elementOf(def.innerType as z.ZodType)
  return 'element' in def ? (def.element as z.ZodType) : undefined // as in markOf
}
