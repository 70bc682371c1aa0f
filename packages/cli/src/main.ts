import { runProgram } from './program.ts'

const code = await runProgram(process.argv.slice(2))
// What a failed command leaves open must not keep the process alive.
if (code !== 0) process.exit(code)
