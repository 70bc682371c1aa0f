export { answerRequest } from './http.ts'
export { type CallOperation, createServer, type ServerOptions, type ToolOptions } from './server.ts'
