import { KeelsonError, type Plan, type Resource, resourceOf } from '@keelson/kernel'

/** How a lease is used, in ms. */
export interface LeaseUse {
  readonly lease: number
  /** What the drain of all that depends on the leader may take at the worst. */
  readonly drainMs: number
  /** How long after the last renewal that was answered the leader gives up by its own clock. */
  readonly giveUpMs: number
  /** Between two renewals, and between two tries to lead. */
  readonly renewMs: number
}

/**
 * For clocks that do not run alike, and timers that are late: it is kept of each lease. Processes whose clocks differ by more than 1% in
 * what they take for a second are not known.
 */
function marginOf(lease: number): number {
  return Math.min(500, 0.1 * lease) + 0.01 * lease
}

/** Of a lease, the least that has to be left to renew it in. */
const LEAST_LEFT = 0.1

/**
 * How a leader may use a lease, when what depends on it has to be down before the lease is over.
 *
 * @throws KeelsonError `INVALID_OPTION` when there is not enough time for that, with the figures and what to do.
 */
export function leaseUse(plan: Plan, name: string, lease: number): LeaseUse {
  const { ms: drainMs, path } = drainAbove(plan, name)
  const giveUpMs = lease - drainMs - marginOf(lease)
  if (giveUpMs >= LEAST_LEFT * lease) return { lease, drainMs, giveUpMs, renewMs: giveUpMs / 3 }
  throw tooLong(plan, name, lease, drainMs, path)
}

const leases = new WeakMap<object, number>()

/** The lease of a leader is known before it starts. */
export function noteLease(leader: Resource<unknown>, lease: number): void {
  leases.set(resourceOf(leader), lease)
  const reader: { claims?: object[] } | undefined = Reflect.get(globalThis, READER)
  reader?.claims?.push({
    resource: resourceOf(leader).name,
    rule: 'leader-lease',
    verify: (kernel: { plan(): Plan }) => verifyLease(kernel, leader),
  })
}

/** Put there by who loads an application to read its graph, as `npx keelson verify` does: it asks for what it cannot see of a kernel. */
const READER = Symbol.for('keelson.reader')

/**
 * Whether the drain of all that depends on a leader fits into its lease, as its start asks, too: for tests, and before a deploy. Nothing
 * has to run. Of a lock that is made of the dependencies nothing is known before it starts.
 *
 * @throws KeelsonError `INVALID_OPTION` when it does not, with the figures and what to do.
 *
 * @example
 * verifyLease(createKernel([api, jobs]), jobs)
 */
export function verifyLease(kernel: { plan(): Plan }, leader: Resource<unknown>): void {
  const { name } = resourceOf(leader)
  const lease = leases.get(resourceOf(leader))
  if (lease !== undefined) leaseUse(kernel.plan(), name, lease)
}

/** The longest chain of what holds the value of a leader, the first to stop first: all of it goes down when the term is over. */
function drainAbove({ resources, order, shutdown }: Plan, name: string): { ms: number; path: string[] } {
  const planned = new Map(resources.map((resource) => [resource.name, resource]))
  /** By name: what its drain and those of what depends on it take, one after the other. */
  const above = new Map<string, { ms: number; from: string | undefined }>()
  for (const from of [...order].reverse()) {
    const { dependsOn, shutdown } = planned.get(from)!
    const ms = (above.get(from)?.ms ?? 0) + shutdown.ownMs
    for (const { resource, kind } of dependsOn) {
      const known = above.get(resource)
      if ((kind === 'required' || kind === 'optional') && ms >= (known?.ms ?? 0)) above.set(resource, { ms, from })
    }
  }
  const path: string[] = []
  for (let at = above.get(name)?.from; at !== undefined; at = above.get(at)?.from) path.unshift(at)
  return { ms: Math.min(shutdown.timeoutMs, above.get(name)?.ms ?? 0), path }
}

function tooLong({ resources, shutdown }: Plan, name: string, lease: number, drainMs: number, path: string[]): KeelsonError {
  const least = (1 - LEAST_LEFT - 0.01) * lease - Math.min(500, 0.1 * lease)
  const own = new Map(resources.map((resource) => [resource.name, resource.shutdown.ownMs]))
  const chain = path.map((one) => `${one} ${seconds(own.get(one)!)}`).join(', then ')
  const whole = drainMs === shutdown.timeoutMs && drainMs < Infinity ? `, and no more than shutdown.timeout` : ''
  const needed = Math.ceil((drainMs + 500) / ((1 - LEAST_LEFT - 0.01) * 1_000)) * 1_000
  const longer = Number.isFinite(needed) ? `take a lease of ${seconds(needed)} or more, or ` : ''
  return new KeelsonError(
    'INVALID_OPTION',
    `resource "${name}": its lease of ${seconds(lease)} is too short: what depends on it may take ${seconds(drainMs)} to stop (${chain}${whole}), and it has to be down before another process may lead; ${longer}lower timeouts.drain and timeouts.stop of these to ${seconds(Math.max(0, least))} together`,
    { resource: name, details: { option: 'lease', leaseMs: lease, drainMs, path } },
  )
}

export function seconds(ms: number): string {
  return ms === Infinity ? 'any time' : `${Math.round(ms / 100) / 10} s`
}
