/**
 * A command as whoever reads it types it: through npm where npm has started this one, in a clone or in a project that has it,
 * and else by its name, as where it is installed.
 */
export const asTyped = (command: string): string =>
  process.env.npm_command ? command.replace(/^waiaas(?= )/, 'npx --no waiaas') : command
