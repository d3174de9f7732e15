import { duration } from '../output/durations.js'
import { because } from './because.js'
import { startFigure } from './figures.js'
import { some } from './names.js'
import type { ServiceFacts } from './service-facts.js'

/** In s: how often the kubelet asks, and how long it waits for an answer. */
const STARTUP_PERIOD = 2
const READY_PERIOD = 2
const LIVE_PERIOD = 10
const TIMEOUT = 3
/** How often it asks in vain before that counts. */
const READY_FAILURES = 2
const LIVE_FAILURES = 3

/** The three probes of a container; `port` is a name of one of its ports, `secure` where that speaks TLS. */
export function probesOf(facts: ServiceFacts, port: string, secure: boolean): Record<string, unknown> {
  const { paths, run } = facts
  const start = startFigure(facts)
  const failures = Math.ceil(start.seconds / STARTUP_PERIOD)
  const ask = (path: string) => ({ httpGet: { path, port, ...(secure && { scheme: 'HTTPS' }) } })
  return {
    startupProbe: because(
      { ...ask(paths.startup), periodSeconds: STARTUP_PERIOD, failureThreshold: failures, timeoutSeconds: TIMEOUT },
      `${failures} × ${STARTUP_PERIOD} s. ${start.why} A start that fails ends the process by itself, with its reason; this is for one that hangs.`,
    ),
    readinessProbe: because(
      { ...ask(paths.ready), periodSeconds: READY_PERIOD, failureThreshold: READY_FAILURES, timeoutSeconds: TIMEOUT },
      `An answer costs nothing and runs no check, so it may be asked for often. ${counted(facts)}`,
    ),
    livenessProbe: because(
      { ...ask(paths.live), periodSeconds: LIVE_PERIOD, failureThreshold: LIVE_FAILURES, timeoutSeconds: TIMEOUT },
      `${
        run.onFailure === 'wait'
          ? 'False once the kernel has failed for good; onFailure is "wait", so that this probe ends the process.'
          : 'A kernel that has failed for good ends its process by itself, with code 1.'
      } Else this is for an event loop that has been blocked for ${duration(LIVE_FAILURES * LIVE_PERIOD * 1_000)}. Never ask ${paths.ready} here: a database that is away would restart every replica.`,
    ),
  }
}

/** Who has counted failures already. */
function counted({ watched }: ServiceFacts): string {
  const lost = `${READY_FAILURES} in a row, so that one lost answer is none.`
  if (watched.length === 0) return lost
  const thresholds = [...new Set(watched.map(({ failureThreshold }) => failureThreshold))].sort((a, b) => a - b)
  const each = thresholds.map((threshold) => {
    const names = watched.filter(({ failureThreshold }) => failureThreshold === threshold).map(({ name }) => name)
    return `${threshold} failed check${threshold === 1 ? '' : 's'} of ${some(names)}`
  })
  return `What makes it false has been counted by the kernel: ${each.join('; ')}. Here it is ${lost}`
}
