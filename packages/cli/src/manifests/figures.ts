import { duration } from '../output/durations.js'
import { some } from './names.js'
import type { ServiceFacts } from './service-facts.js'

/** A figure of a manifest, and why it is that. */
export interface Figure {
  readonly seconds: number
  readonly why: string
}

/** In ms: from the first instruction of Node to the first that `run()` answers. */
const LOADING = 10_000

/** In ms: what is taken for a start that has no limit. */
const ENDLESS = 600_000

/** How long a platform must wait for a start, at least. */
export function startFigure({ start }: ServiceFacts): Figure {
  const loading = `${duration(LOADING)} to load the program`
  if (start.worstMs === undefined) {
    const which = `${some(start.endless)} may take any time to start (timeouts.start)`
    return { seconds: ENDLESS / 1_000, why: `${which}: ${duration(ENDLESS)} is a guess. Give it a limit, and this follows.` }
  }
  const seconds = Math.ceil((start.worstMs + LOADING) / 1_000)
  const path = `${duration(start.pathMs)} for ${chain(start.path)}, each as long as its timeouts.start allows`
  return { seconds, why: `At the worst ${seconds} s: ${path}, ${duration(start.longestMs)} for activate hooks, ${loading}.` }
}

/** `postgres → schema → db → api` */
function chain(path: readonly string[]): string {
  if (path.length <= 6) return path.join(' → ')
  return `${path.slice(0, 3).join(' → ')} → … → ${path.slice(-2).join(' → ')}`
}

/** How long a platform must wait before it kills, at least; `marginMs` is for the platform itself. */
export function graceFigure({ stop }: ServiceFacts, marginMs: number, marginFor: string): Figure {
  const seconds = Math.ceil((stop.overMs + marginMs) / 1_000)
  const { timeoutMs, delayMs, exitGraceMs } = stop
  const fitted = stop.timeoutIsFitted ? ', which run() takes here,' : ''
  const lame = delayMs > 0 ? ` with its delay of ${duration(delayMs)}` : ''
  const budget =
    timeoutMs === Infinity
      ? `${duration(stop.askedMs)} that the hooks may take (shutdown.timeout is Infinity)`
      : `shutdown.timeout ${duration(timeoutMs)}${fitted}${lame}`
  return { seconds, why: `${budget}, exitGrace ${duration(exitGraceMs)}, and ${duration(marginMs)} for ${marginFor}.` }
}

/** What the hooks ask for, compared with what they get. */
export function askedNote({ stop }: ServiceFacts): string {
  const { askedMs, timeoutMs } = stop
  if (askedMs === Infinity) return 'Drains without a timeout of their own, such as those of servers, use what the budget leaves.'
  if (askedMs <= timeoutMs) return `All hooks together ask for ${duration(askedMs)} at the most.`
  return `All hooks together ask for ${duration(askedMs)}: keelson plan shows who gets how much of the budget.`
}
