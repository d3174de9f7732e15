import { type EngineLink, LinkClosed } from '../engine/engine-link.js'
import { reasonOf } from '../engine/reason-of.js'
import { within } from '../engine/within.js'
import { type Reach, reachOf } from './container-info.js'
import { type ContainerFacts, factsOf, judge, type Verdict } from './container-status.js'
import { type OwnProbe, ownProbe } from './own-probe.js'

/** The result of one look at a container. */
export interface Finding extends Verdict {
  readonly responseMs: number
  /** Absent when the inspection failed. */
  readonly facts?: ContainerFacts
  /** The error behind the reason, if there was one. */
  readonly cause?: unknown
}

/** What a look needs to know of a container. */
export interface LookTarget {
  readonly id: string
  readonly image: string
  /** Its probe, if it has one; `reach` is undefined when the inspection has no network settings. */
  probeAt(reach: Reach | undefined): OwnProbe | undefined
}

/**
 * Inspects a container and, if it is healthy and has a probe, probes it. Waits while the engine is away. Resolves to undefined when
 * the container does not exist any more.
 *
 * @throws only the signal's reason, and `LinkClosed`.
 */
export async function look(
  link: EngineLink,
  target: LookTarget,
  timeout: number,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const container = link.docker.getContainer(target.id)
  const since = link.clock.now()
  try {
    const { value, ms } = await link.ask(timeout, signal, (abortSignal) => container.inspect({ abortSignal }))
    const verdict = judge(value, link.clock.now())
    const facts = factsOf(value, target.image)
    const probe = verdict.status === 'healthy' ? target.probeAt(reachOf(value)) : undefined
    if (probe === undefined) return { ...verdict, facts, responseMs: ms }
    const ask = (inner: AbortSignal) => ownProbe(probe, container, inner)
    const probing = link.clock.now()
    let cause: unknown
    const reason = await ('exec' in probe
      ? link.ask(timeout, signal, ask, { who: 'its probe' }).then(({ value }) => value)
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
