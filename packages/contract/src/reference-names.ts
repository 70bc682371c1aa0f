/**
 * Gives every object of the reference a name: the same object one name, wherever it is met and in whatever order, so that
 * the types of generated clients keep theirs.
 */
export type Shape = Readonly<Record<string, unknown>>
/** What a part is called, by what the whole is called. */
type Calling = (whole: string) => string

const isShape = (value: unknown): value is Shape => typeof value === 'object' && value !== null && !Array.isArray(value)

const isObject = (shape: Shape): boolean => isShape(shape.properties) && Object.keys(shape.properties).length > 0
const variantsOf = (shape: Shape): readonly Shape[] =>
  [shape.anyOf, shape.oneOf].flatMap((list): readonly Shape[] => (Array.isArray(list) ? list : []))
/** One of several objects; what is an object or null is no choice. */
const isChoice = (shape: Shape): boolean => variantsOf(shape).filter(isNamed).length > 1
/** Stands under a name of its own. */
const isNamed = (shape: Shape): boolean => '$ref' in shape || isObject(shape) || isChoice(shape)

/** Without what differs where it is met. */
export function textOf(shape: Shape): string {
  const { description: _, ...rest } = shape
  return JSON.stringify(rest)
}

/** The shape, each part of it replaced. */
export function mapParts(shape: Shape, each: (part: Shape, called: Calling) => unknown): Shape {
  const replaced = Object.entries(shape).map(([key, value]): [string, unknown] => {
    if (key === 'properties' && isShape(value)) {
      const fields = Object.entries(value).map(([field, part]) => [
        field,
        each(part as Shape, (whole) => whole + wordOf(field)),
      ])
      return [key, Object.fromEntries(fields)]
    }
    if (key === 'items' || key === 'additionalProperties') return [key, isShape(value) ? each(value, singular) : value]
    if (['anyOf', 'oneOf', 'allOf', 'prefixItems'].includes(key) && Array.isArray(value))
      return [key, value.map((part) => each(part, (whole) => whole + variantWord(part, value)))]
    return [key, value]
  })
  return Object.fromEntries(replaced)
}

/** `TWO_WORDS`, `two-words` and `twoWords` as TwoWords. */
export const wordOf = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => (word === word.toUpperCase() ? word.toLowerCase() : word))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

const singular = (name: string): string =>
  name
    .replace(/(?<=Answer|Request)Data$/, 'Item')
    .replace(/ies$/, 'y')
    .replace(/(ss|sh|ch|x)es$/, '$1')
    .replace(/([^s])s$/, '$1')

/** What only this one of several has: a fixed value, else a field. */
function variantWord(shape: Shape, all: readonly Shape[]): string {
  const others = all.filter((other) => other !== shape && isObject(other))
  if (!isObject(shape) || others.length === 0) return ''
  const fields = Object.entries(shape.properties as Record<string, Shape>)
  const fixed = fields.find(
    ([field, { const: value }]) => value !== undefined && others.every((other) => constOf(other, field) !== value),
  )
  if (fixed) return wordOf(typeof fixed[1].const === 'string' ? fixed[1].const : fixed[0])
  const own = (shape.required as readonly string[] | undefined)?.find((field) =>
    others.every(({ properties }) => !(field in (properties as object))),
  )
  return own === undefined ? 'Other' : wordOf(own)
}

const constOf = ({ properties }: Shape, field: string): unknown =>
  (properties as Record<string, Shape> | undefined)?.[field]?.const

type Met = { readonly shape: Shape; readonly places: { readonly inside: string | undefined; called: Calling }[] }

/** All that stands under a name of its own, by its text, with the places where it is met. */
function shapesOf(roots: Readonly<Record<string, Shape>>): Map<string, Met> {
  const found = new Map<string, Met>()
  const meet = (shape: Shape, { inside, called }: Met['places'][number], isRoot = false): void => {
    if ('$ref' in shape) return
    if (!isRoot && !isNamed(shape)) {
      mapParts(shape, (part, further) => meet(part, { inside, called: (whole) => further(called(whole)) }))
      return
    }
    const text = textOf(shape)
    const known = found.get(text)
    known?.places.push({ inside, called })
    if (known) return
    found.set(text, { shape, places: [{ inside, called }] })
    mapParts(shape, (part, further) => meet(part, { inside: text, called: further }))
  }
  for (const [name, shape] of Object.entries(roots)) meet(shape, { inside: undefined, called: () => name }, true)
  return found
}

type Naming = {
  /** Names by text, which come before all others. */
  readonly models: ReadonlyMap<string, string>
  /** What a shape is called in place of what its place says. */
  readonly instead: Readonly<Record<string, string>>
}

/** The shapes of the roots by name, each part in them called by its name, and what stands for a root. */
export function nameShapes(roots: Readonly<Record<string, Shape>>, { models, instead }: Naming) {
  const found = shapesOf(roots)
  const names = new Map<string, string>()
  // What holds another has the longer text, so that its name is known by then.
  for (const [text, { places }] of [...found].sort(([one], [other]) => other.length - one.length)) {
    const whole = places.filter(({ inside }) => inside === undefined)
    const callings = places.map(({ inside, called }) => called(names.get(inside ?? '') ?? ''))
    const own = whole.map(({ called }) => called(''))
    const better = [...own, ...callings].flatMap((name) => instead[name] ?? [])
    names.set(text, models.get(text) ?? better[0] ?? shortest(own) ?? shortest(callings)!)
  }
  const refTo = ({ description, ...shape }: Shape): Shape => ({
    $ref: `#/components/schemas/${names.get(textOf(shape))}`,
    ...(description !== undefined && { description }),
  })
  const named = (part: Shape): Shape => (names.has(textOf(part)) && isNamed(part) ? refTo(part) : mapParts(part, named))
  const schemas: Record<string, Shape> = {}
  for (const [text, { shape }] of found) {
    const name = names.get(text)!
    if (name in schemas) throw new Error(`${name}: two objects of the reference would be called so`)
    const { description: _, ...bare } = shape
    schemas[name] = { ...mapParts(bare, named), ...discriminator(shape, named) }
  }
  return { schemas, refTo }
}

const shortest = (names: readonly string[]): string | undefined =>
  names.toSorted((one, other) => one.length - other.length || (one < other ? -1 : 1))[0]

/** Says by which value of a field each variant is known, where they have one. */
function discriminator({ oneOf }: Shape, named: (part: Shape) => Shape): Shape {
  if (!Array.isArray(oneOf) || !oneOf.every(isObject)) return {}
  const variants = oneOf as readonly Shape[]
  const propertyName = Object.keys(variants[0]?.properties ?? {}).find((field) => {
    const values = variants.map((variant) => constOf(variant, field))
    return values.every((value) => typeof value === 'string') && new Set(values).size === values.length
  })
  if (propertyName === undefined) return {}
  const mapping = variants.map((variant) => [constOf(variant, propertyName), named(variant).$ref])
  return { discriminator: { propertyName, mapping: Object.fromEntries(mapping) } }
}
