import fc from 'fast-check'
import type { EdgeKind, Impact } from '../index.js'

/** What a hook does: settle at once (undefined), after some ms, or never (Infinity). */
export interface HookSpec {
  readonly ms: number | undefined
  readonly fails: boolean
  /** Ends at once when its signal aborts. */
  readonly polite: boolean
}

export interface ResourceSpec {
  /** To resources before it. */
  readonly edges: readonly { readonly to: number; readonly kind: EdgeKind }[]
  readonly impact: Impact
  readonly start: HookSpec
  readonly stop: HookSpec
  readonly drain: HookSpec | undefined
  readonly kill: HookSpec | undefined
  readonly cleanups: readonly HookSpec[]
  /** Results of its checks, over and over; absent for none. */
  readonly checks: readonly boolean[] | undefined
  readonly timeouts: { readonly start: number; readonly drain: number; readonly stop: number }
}

export interface Spec {
  readonly resources: readonly ResourceSpec[]
  readonly concurrency: number
  readonly shutdown: { readonly delay: number; readonly timeout: number }
  /** When the shutdown comes, in ms after the start; undefined for after the start is over. */
  readonly shutdownAt: number | undefined
  readonly runs: number
}

const rarely = fc.integer({ min: 0, max: 6 }).map((n) => n === 0)

function hookSpec(troubled: boolean): fc.Arbitrary<HookSpec> {
  const ms = fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 5, arbitrary: fc.nat(30) },
    ...(troubled ? [{ weight: 1, arbitrary: fc.constant(Infinity) }] : []),
  )
  return fc.record({ ms, fails: troubled ? rarely : fc.constant(false), polite: fc.boolean() })
}

const edge = fc.record({
  to: fc.nat(),
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant<EdgeKind>('required') },
    { weight: 1, arbitrary: fc.constantFrom<EdgeKind>('optional', 'ref', 'after') },
  ),
})

function resourceSpec(troubled: boolean): fc.Arbitrary<ResourceSpec> {
  const hook = hookSpec(troubled)
  const limit = troubled ? fc.constantFrom(5, 15, 40) : fc.constant(10_000)
  return fc.record({
    edges: fc.array(edge, { maxLength: 3 }),
    impact: fc.constantFrom<Impact>('unready', 'degraded', 'none'),
    start: hook,
    stop: hook,
    drain: fc.option(hook, { nil: undefined }),
    kill: fc.option(hook, { nil: undefined }),
    cleanups: fc.array(hook, { maxLength: 2 }),
    checks: fc.option(fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }), { nil: undefined }),
    timeouts: fc.record({ start: limit, drain: limit, stop: limit }),
  })
}

/** Edges become edges to resources before it, one for each; a check passes now and then, so that waiting for it ends. */
function mend(resources: readonly ResourceSpec[]): ResourceSpec[] {
  return resources.map((spec, i) => {
    const edges = new Map(i === 0 ? [] : spec.edges.map(({ to, kind }) => [to % i, kind] as const))
    return {
      ...spec,
      edges: Array.from(edges, ([to, kind]) => ({ to, kind })),
      checks: spec.checks && [...spec.checks, true],
    }
  })
}

/** A random application. With trouble its hooks fail, hang, come too late, and its shutdown may come at any time. */
export function randomSpec({ troubled }: { troubled: boolean }): fc.Arbitrary<Spec> {
  return fc.record({
    resources: fc.array(resourceSpec(troubled), { minLength: 1, maxLength: 8 }).map(mend),
    concurrency: troubled ? fc.constantFrom(1, 2, Infinity) : fc.constant(Infinity),
    shutdown: troubled
      ? fc.record({ delay: fc.constantFrom(0, 30), timeout: fc.constantFrom(40, 100, 1_000) })
      : fc.constant({ delay: 0, timeout: Infinity }),
    shutdownAt: troubled ? fc.option(fc.nat(100), { nil: undefined, freq: 2 }) : fc.constant(undefined),
    runs: fc.constantFrom(1, 2),
  })
}
