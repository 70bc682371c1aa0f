export { answerRequest } from './http.ts'
export { type CallOperation, createServer, type ServerOptions } from './server.ts'
