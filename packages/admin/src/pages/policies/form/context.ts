import { createContext, useContext } from 'react'

/** What all fields of a form know. */
export type FormContext = {
  /** What is wrong, by the path of the field. */
  readonly wrong: ReadonlyMap<string, string>
  /** Whose addresses somebody may mean. */
  readonly known: readonly { readonly name: string; readonly address: string }[]
  /** The native currency of what the policy is for, where it is one. */
  readonly native: { readonly symbol: string; readonly decimals: number } | undefined
  /** Families and networks. */
  readonly places: readonly string[]
}

const Context = createContext<FormContext>({ wrong: new Map(), known: [], native: undefined, places: [] })
export const FormProvider = Context
export const useForm = (): FormContext => useContext(Context)
