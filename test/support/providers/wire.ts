export type Call = { jsonrpc?: unknown; id?: unknown; method: string; params: readonly unknown[] }
export type Reply = { result: unknown } | { error: { code: number; message: string; data?: unknown } }
/** What goes back over HTTP; undefined when the connection is closed instead. */
export type HttpAnswer = { status: number; headers: Readonly<Record<string, string>>; text: string } | undefined
/** The calls of one request, answered by the node in the same order. */
export type Node = (calls: readonly Call[]) => Promise<Reply[]>
