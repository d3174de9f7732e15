/** What the exit code of `keelson` says; the README has the table. */
export const EXIT = {
  /** Done, and the answer is yes where there was a question. */
  ok: 0,
  /** The answer is no: findings, a regression, an unhealthy service. */
  no: 1,
  /** The command line cannot be meant like this. */
  usage: 2,
  /** The module could not be loaded, or has no kernel. */
  load: 3,
  /** Nobody answers there, or not in a way that is understood. */
  unreachable: 4,
  /** A defect of `keelson` itself. */
  defect: 5,
  /** Somebody pressed Ctrl-C before there was an answer. */
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
