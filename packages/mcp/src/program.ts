import { fileURLToPath } from 'node:url'

/** The MCP server on standard input and output: our own file, not a package name that would be looked up at a registry. */
export const serverProgram = fileURLToPath(new URL('../bin/waiaas-mcp.cjs', import.meta.url))
