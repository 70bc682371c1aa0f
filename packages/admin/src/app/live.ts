import { useQueryClient } from '@tanstack/react-query'
import { httpCall, operations, WAIaaSError } from '@waiaas/contract'
import { eventsOf } from '@waiaas/sdk/events'
import { useEffect } from 'react'
import { pageHeaders } from '../data/client.ts'
import { keepLogin, useLogin } from '../data/login.ts'

/** So long events are gathered before what is shown is read anew. */
const GATHERED_MS = 300

/** Reads what is shown anew when something has happened, as long as somebody is logged in. */
export function useLive(): void {
  const client = useQueryClient()
  const id = useLogin()?.id
  // biome-ignore lint/correctness/useExhaustiveDependencies: another login has a stream of its own
  useEffect(() => {
    const ending = new AbortController()
    let gathering: ReturnType<typeof setTimeout> | undefined
    const fresh = () => {
      gathering ??= setTimeout(() => {
        gathering = undefined
        // What is being read takes its time, and is not begun again.
        void client.invalidateQueries({}, { cancelRefetch: false })
      }, GATHERED_MS)
    }
    follow(ending.signal, fresh).catch((error: unknown) => {
      if (ending.signal.aborted) return
      if (error instanceof WAIaaSError && error.status === 401) keepLogin(undefined)
      else console.error(error)
    })
    return () => {
      ending.abort()
      clearTimeout(gathering)
    }
  }, [client, id])
}

async function follow(signal: AbortSignal, fresh: () => void): Promise<void> {
  // A daemon that answers again may have been away for long.
  let again: () => void = () => undefined
  async function open(lastEventId: string | undefined, ended: AbortSignal): Promise<Response> {
    const response = await opened(lastEventId, ended)
    again()
    again = fresh
    return response
  }
  for await (const _event of eventsOf(open, { signal })) fresh()
}

const opened = (lastEventId: string | undefined, signal: AbortSignal): Promise<Response> =>
  fetch(httpCall(operations.listEvents, {}).path, {
    headers: {
      accept: 'text/event-stream',
      ...pageHeaders(),
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    signal,
  })
