import { type EngineLink, LinkClosed } from '../engine/engine-link.js'
import { reasonOf } from '../engine/reason-of.js'
import { within } from '../engine/within.js'
import { type Reach, reachOf } from './container-info.js'
import { type ContainerFacts, factsOf, judge, type Verdict } from './container-status.js'
import { type OwnProbe, ownProbe } from './own-probe.js'

/** What was found at one look at a container. */
export interface Finding extends Verdict {
  readonly responseMs: number
  /** Absent when the engine did not say. */
  readonly facts?: ContainerFacts
  /** What was thrown, where the reason is that something was. */
  readonly cause?: unknown
}

export interface Sight {
  readonly id: string
  readonly image: string
  /** What it must answer besides being up; `reach` is undefined when the engine does not say. */
  probeAt(reach: Reach | undefined): OwnProbe | undefined
}

/**
 * Inspects a container, and probes it where it has a probe and nothing else is wrong. Waits while the engine is away. Resolves
 * to undefined when there is no such container any more.
 *
 * @throws only the signal's reason, and `LinkClosed`.
 */
export async function look(link: EngineLink, sight: Sight, timeout: number, signal: AbortSignal): Promise<Finding | undefined> {
  const container = link.docker.getContainer(sight.id)
  const since = link.clock.now()
  try {
    const { value, ms } = await link.ask(timeout, signal, (abortSignal) => container.inspect({ abortSignal }))
    const verdict = judge(value, link.clock.now())
    const facts = factsOf(value, sight.image)
    const probe = verdict.status === 'healthy' ? sight.probeAt(reachOf(value)) : undefined
    if (probe === undefined) return { ...verdict, facts, responseMs: ms }
    const ask = (inner: AbortSignal) => ownProbe(probe, container, inner)
    const probing = link.clock.now()
    let cause: unknown
    const reason = await ('exec' in probe
      ? link.ask(timeout, signal, ask).then(({ value }) => value)
      : within(link.clock, timeout, signal, () => new Error(`its probe did not answer within ${timeout} ms`), ask)
    ).catch((error: unknown) => {
      signal.throwIfAborted()
      if (error instanceof LinkClosed) throw error
      cause = error
      return reasonOf(error)
    })
    const responseMs = ms + link.clock.now() - probing
    return reason === undefined ? { ...verdict, facts, responseMs } : { status: 'unhealthy', reason, facts, responseMs, cause }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof LinkClosed) throw error
    if ((error as { statusCode?: unknown }).statusCode === 404) return undefined
    return { status: 'unhealthy', reason: reasonOf(error), responseMs: link.clock.now() - since, cause: error }
  }
}
