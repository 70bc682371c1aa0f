/** What the daemon writes of itself, and for whom. */
export const logSettings = {
  'daemon.log_level': {
    type: 'enum',
    default: 'info',
    values: ['trace', 'debug', 'info', 'warn', 'error'],
    runtime: true,
    summary: 'How much is logged: lines of this level and above.',
  },
  'daemon.log_format': {
    type: 'enum',
    default: 'auto',
    values: ['auto', 'text', 'json'],
    runtime: false,
    summary: 'Whether lines are logged as text for people or as JSON for programs. With auto it is text at a terminal.',
  },
} as const
