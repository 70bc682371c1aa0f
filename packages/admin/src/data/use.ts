import { QueryClient, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  type AllOperations,
  admitsLogin,
  admitsView,
  type Input,
  operations,
  type WAIaaSError,
  type Wire,
} from '@waiaas/contract'
import { useState } from 'react'
import { daemon } from './client.ts'
import { inLine } from './line.ts'
import { useLogin } from './login.ts'
import { Cancelled, usePassword } from './password.tsx'

export type Name = keyof AllOperations
/** What an operation is asked. */
export type Asked<N extends Name> = Input<AllOperations[N]>
/** What an operation answers. */
export type Answered<N extends Name> = Wire<AllOperations[N]>

type ReadOptions = { readonly enabled?: boolean; readonly refetchInterval?: number }
type Call<N extends Name> = (
  input: Asked<N>,
  options?: { signal?: AbortSignal; masterPassword?: string },
) => Promise<Answered<N>>

/** What has been read, for all pages. */
export const reads = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (count, error) => count < 2 && (error as Partial<WAIaaSError>).retryable === true,
    },
  },
})

// The table of methods has this very type for each name; over a name that is open TypeScript cannot see it.
const callOf = <N extends Name>(name: N): Call<N> => daemon[name] as unknown as Call<N>

/** What an operation answers, kept fresh by events and by acts. */
export const useRead = <N extends Name>(
  name: N,
  input: Asked<N>,
  options: ReadOptions = {},
): UseQueryResult<Answered<N>, WAIaaSError> =>
  useQuery<Answered<N>, WAIaaSError>({
    queryKey: [name, input],
    queryFn: ({ signal }) => inLine(signal, () => callOf(name)(input, { signal })),
    ...options,
  })

/**
 * Calls an operation: `act` resolves to its answer, or to undefined where it was refused, which `error` tells, or where nobody
 * typed the password. It asks for the password where a login alone does not do, and makes what is shown fresh. Who only looks
 * finds it busy for good.
 */
export function useAct<N extends Name>(name: N) {
  const [state, setState] = useState<{ busy: boolean; error?: WAIaaSError }>({ busy: false })
  const client = useQueryClient()
  const withPassword = usePassword()
  const op = operations[name]
  const needsPassword = op.access !== 'public' && !admitsLogin(op)
  const isClosed = useLogin()?.onlyLooks === true && op.access !== 'public' && !admitsView(op)

  async function act(input: Asked<N>): Promise<Answered<N> | undefined> {
    if (isClosed) return undefined
    setState({ busy: true })
    try {
      const answer = needsPassword
        ? await withPassword((masterPassword) => callOf(name)(input, { masterPassword }))
        : await callOf(name)(input)
      setState({ busy: false })
      await client.invalidateQueries()
      return answer
    } catch (error) {
      if (error instanceof Cancelled) setState({ busy: false })
      // The transport throws nothing else.
      else setState({ busy: false, error: error as WAIaaSError })
      return undefined
    }
  }
  return { act, busy: state.busy || isClosed, error: state.error, forget: () => setState({ busy: false }) }
}
