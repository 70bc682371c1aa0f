/** A part of the daemon: what it answers, and its work in the background. */
export type Feature = {
  readonly handlers?: object
  start?(): Promise<void> | void
  stop?(): Promise<void>
}
type Features = Readonly<Record<string, Feature>>
type Work = 'start' | 'stop'

type Working<F extends Features, W extends Work> = {
  [Name in keyof F & string]: F[Name] extends Record<W, unknown> ? Name : never
}[keyof F & string]
type Complete<All, Named> = [Exclude<All, Named>] extends [never] ? unknown : { readonly missing: Exclude<All, Named> }

/** The features that start, or stop, in the order of `names`: one that is left out does not compile. */
export function inOrder<const F extends Features, W extends Work, const Names extends readonly Working<F, W>[]>(
  features: F,
  work: W,
  names: Names & Complete<Working<F, W>, Names[number]>,
): Required<Pick<Feature, W>>[] {
  const all: Features = features
  return names.map((name) => {
    const feature = all[name]
    if (feature?.[work] === undefined) throw new Error(`${name} has nothing to ${work}`)
    // It has what `work` names.
    return feature as Required<Pick<Feature, W>>
  })
}

type HandlersIn<F extends Features> = {
  [Name in keyof F]: F[Name] extends { readonly handlers: infer H } ? (handlers: H) => void : never
}[keyof F]
type Joined<F extends Features> = HandlersIn<F> extends (handlers: infer All) => void ? All : never

/** The handlers of all features in one table. */
export const handlersOf = <const F extends Features>(features: F): Joined<F> =>
  // An intersection of tables is what joining them gives.
  Object.assign({}, ...Object.values(features).map(({ handlers }) => handlers)) as Joined<F>
