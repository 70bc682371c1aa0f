export type { CallOperation, ToolOptions } from './calling.ts'
export { answerRequest } from './http.ts'
export { type SealedStates, sealedStates } from './sealed-state.ts'
export { createServer, type ServerOptions } from './server.ts'
