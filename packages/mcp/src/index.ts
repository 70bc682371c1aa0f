export { type CallOperation, createServer, type ServerOptions } from './server.ts'
