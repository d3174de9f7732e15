/** What runs this process, as its environment tells. */
export interface Platform {
  readonly systemd?: {
    /** Where systemd listens. */
    readonly socket: string
    /** In ms: how often it wants to hear that the process is well. */
    readonly watchdog?: number
  }
  /** PM2 waits for a message when `wait_ready` is set. */
  readonly pm2: boolean
  readonly kubernetes: boolean
}

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads an environment. A worker of a cluster inherits the socket of systemd, but only its primary is the service: a worker that
 * says STOPPING=1 would speak for all of them.
 */
export function platformOf(env: Environment, { pid, isWorker }: { pid: number; isWorker: boolean }): Platform {
  const socket = isWorker ? undefined : env.NOTIFY_SOCKET
  const watchdog = watchdogOf(env, pid)
  return {
    ...(socket && { systemd: { socket, ...(watchdog !== undefined && { watchdog }) } }),
    pm2: env.pm_id !== undefined,
    kubernetes: Boolean(env.KUBERNETES_SERVICE_HOST),
  }
}

/** https://www.freedesktop.org/software/systemd/man/latest/sd_watchdog_enabled.html */
function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID }: Environment, pid: number): number | undefined {
  const usec = Number(WATCHDOG_USEC)
  if (!(usec > 0) || usec === Infinity) return undefined
  return WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === pid ? usec / 1_000 : undefined
}
