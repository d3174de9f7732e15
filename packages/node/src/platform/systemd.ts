import type { Kernel, KernelEventOf, KernelState } from '@keelson/kernel'
import { StatusLine } from './systemd-status.js'

/** Variables of one message, by name. */
export type SystemdMessage = Readonly<Record<string, string>>

export interface SystemdOptions {
  readonly send: (message: SystemdMessage) => void
  /** In ms: how long systemd waits for a sign of life. */
  readonly watchdog?: number | undefined
  /** In ms: what the process may take to end once the kernel has stopped. */
  readonly exitGrace: number
  /** In ms, between two signs that a start or a stop goes on, and between two status lines. */
  readonly beat?: number
  readonly throttle?: number
}

/** In ms: on top of a deadline of the kernel, which must come first; and the least that is asked for, three beats. */
const MARGIN = 5_000
const LEAST = 15_000
const LONGEST = 2 ** 31 - 1

/**
 * X5: tells systemd what a kernel goes through, until the returned function is called with the exit code.
 *
 * The deadlines of the kernel come first, those of the unit second: while it starts or stops, systemd is told at once and with
 * every beat to wait for what is in progress (EXTEND_TIMEOUT_USEC), and only a process whose event loop is blocked for longer than
 * that runs into TimeoutStartSec= or TimeoutStopSec=. What each message asks for is the longest start timeout, or what is left of
 * the shutdown, and 5 s more; at least 15 s, so that a start which calls `ctx.extend()`, and one without a limit, are carried by
 * the beats alone.
 *
 * https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
 */
export function tellSystemd(kernel: Kernel, options: SystemdOptions): (exitCode: number) => void {
  const { send, watchdog, exitGrace, beat = 5_000, throttle = 1_000 } = options
  const status = new StatusLine(kernel)
  /** In ms: how long what is in progress may take, as far as the plan tells. */
  let wanted = () => 0
  let beats: NodeJS.Timeout | undefined
  let pings: NodeJS.Timeout | undefined
  let pending: NodeJS.Timeout | undefined
  let lastText = ''

  function sayStatus(more: SystemdMessage = {}): void {
    clearTimeout(pending)
    pending = undefined
    const text = status.text()
    if (text !== lastText) more = { ...more, STATUS: text }
    lastText = text
    if (Object.keys(more).length > 0) send(more)
  }

  function saySoon(): void {
    pending ??= setTimeout(sayStatus, throttle).unref()
  }

  function extension(): SystemdMessage {
    const ms = wanted()
    return extend(Math.max(LEAST, Number.isFinite(ms) ? ms + MARGIN : 0))
  }

  function beginBeats(): void {
    if (kernel.state === 'starting') {
      const ms = longestStart(kernel)
      wanted = () => ms
    } else {
      const deadline = performance.now() + kernel.plan().worstCaseShutdownMs + finite(exitGrace)
      wanted = () => deadline - performance.now()
    }
    clearInterval(beats)
    beats = setInterval(() => send(extension()), beat).unref()
  }

  function onState(event: KernelEventOf<'kernel:state'>): void {
    status.kernelMoved(event)
    if (event.from === 'draining') sayStatus()
    else enter(event.to)
  }

  function enter(state: KernelState): void {
    switch (state) {
      case 'starting':
        beginBeats()
        return sayStatus(extension())
      case 'running':
        clearInterval(beats)
        return sayStatus({ READY: '1' })
      case 'draining':
      case 'stopping':
        beginBeats()
        return sayStatus({ STOPPING: '1', ...extension() })
      default:
        return sayStatus()
    }
  }

  function onResource(event: KernelEventOf<'resource:state'>): void {
    status.resourceMoved(event)
    saySoon()
  }

  function ping(): void {
    if (kernel.probe().live && kernel.state !== 'failed') send({ WATCHDOG: '1' })
  }

  kernel.on('kernel:state', onState)
  kernel.on('resource:state', onResource)
  kernel.on('probe:change', saySoon)
  if (kernel.state !== 'idle' && kernel.state !== 'stopped') enter(kernel.state)
  if (watchdog !== undefined) {
    ping()
    pings = setInterval(ping, Math.min(LONGEST, watchdog / 2)).unref()
  }

  return (exitCode) => {
    clearInterval(beats)
    clearInterval(pings)
    clearTimeout(pending)
    kernel.off('kernel:state', onState)
    kernel.off('resource:state', onResource)
    kernel.off('probe:change', saySoon)
    send({ STOPPING: '1', STATUS: `${status.text()}, exit code ${exitCode}`, ...extend(finite(exitGrace) + MARGIN) })
  }
}

function longestStart(kernel: Kernel): number {
  return kernel.plan().resources.reduce((longest, { startTimeoutMs }) => Math.max(longest, finite(startTimeoutMs)), 0)
}

function finite(ms: number): number {
  return Number.isFinite(ms) ? ms : 0
}

function extend(ms: number): SystemdMessage {
  return { EXTEND_TIMEOUT_USEC: String(Math.ceil(ms * 1_000)) }
}
