/** As far as the library of the bot asks for it. */
type Asked = {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  /** Of another implementation than Node's, which Node's fetch does not take. */
  readonly signal?: { readonly aborted: boolean; addEventListener(type: 'abort', listener: () => void): void }
}

/** Node's own fetch in place of the one that the library brings along; the token follows no redirect. */
export function nodeFetch(url: string, { method, headers, body, signal }: Asked = {}): Promise<Response> {
  const ending = new AbortController()
  if (signal?.aborted) ending.abort()
  signal?.addEventListener('abort', () => ending.abort())
  return fetch(url, {
    ...(method !== undefined && { method }),
    ...(headers && { headers }),
    ...(body !== undefined && { body }),
    ...{ signal: ending.signal, redirect: 'error' },
  })
}
