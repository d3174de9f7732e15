import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKernel, type Dependency, type Plan, resource } from '../index.js'

interface Node {
  readonly edges: readonly number[]
  readonly drain: number | undefined
  readonly timeouts: { readonly start: number; readonly drain: number; readonly stop: number }
}

const limit = fc.oneof(fc.nat(10_000), fc.constant(Infinity), fc.double({ min: 0.001, max: 1e6, noNaN: true }))
const node: fc.Arbitrary<Node> = fc.record({
  edges: fc.array(fc.nat(), { maxLength: 4 }),
  drain: fc.option(fc.constant(1), { nil: undefined }),
  timeouts: fc.record({ start: limit, drain: limit, stop: limit }),
})
const shutdown = fc
  .record({ delay: fc.nat(2_000), most: fc.oneof(fc.integer({ min: 1, max: 30_000 }), fc.constant(Infinity)) })
  .map(({ delay, most }) => ({ delay, timeout: delay + most }))

function planned(nodes: readonly Node[], shutdown: { delay: number; timeout: number }): Plan {
  const all: Dependency[] = []
  for (const [i, { edges, drain, timeouts }] of nodes.entries()) {
    const dependsOn = Object.fromEntries(i === 0 ? [] : edges.map((to) => [`d${to % i}`, all[to % i]!]))
    const options = {
      dependsOn,
      timeouts,
      start: (): unknown => 1,
      stop: () => {},
      ...(drain !== undefined && { drain: () => {} }),
    }
    all.push(resource<unknown, Record<string, Dependency>>(`r${i}`, options))
  }
  return createKernel(all as never, { shutdown }).plan()
}

type Nodes = ReadonlyMap<string, Node>

/** By name: what is kept of the budget for it. */
function reservesOf({ resources }: Plan, nodes: Nodes): Map<string, number> {
  const of = ({ drain, timeouts }: Node) =>
    Math.min(500, timeouts.stop) + (drain === undefined ? 0 : Math.min(2_000, timeouts.drain))
  return new Map(resources.map(({ name }) => [name, of(nodes.get(name)!)]))
}

function always(claim: (plan: Plan, budget: number, again: () => Plan, nodes: Nodes) => void): void {
  const property = fc.property(fc.array(node, { minLength: 1, maxLength: 20 }), shutdown, (nodes, shutdown) => {
    const budget = Math.max(0, shutdown.timeout - shutdown.delay)
    const byName = new Map(nodes.map((node, i) => [`r${i}`, node]))
    claim(planned(nodes, shutdown), budget, () => planned(nodes, shutdown), byName)
  })
  fc.assert(property, { numRuns: 1_000 })
}

/** By name: the largest sum of a weight over it and what it depends on. */
function pathsOf(plan: Plan, weight: (resource: Plan['resources'][number]) => number): Map<string, number> {
  const paths = new Map<string, number>()
  for (const one of plan.resources) {
    paths.set(one.name, weight(one) + Math.max(0, ...one.dependsOn.map(({ resource }) => paths.get(resource)!)))
  }
  return paths
}

test('plan(): the order is topological', () => {
  always(({ order, resources }) => {
    const place = new Map(order.map((name, i) => [name, i]))
    expect(place.size).toBe(resources.length)
    for (const { name, dependsOn } of resources) {
      for (const { resource } of dependsOn) expect(place.get(resource)!).toBeLessThan(place.get(name)!)
    }
  })
})

test('D3 plan(): along every path the shares fit into the budget, and nobody gets more than its own', () => {
  always((plan, budget) => {
    for (const sum of pathsOf(plan, ({ shutdown }) => shutdown.shareMs).values()) {
      expect(sum).toBeLessThanOrEqual(budget * (1 + 1e-9) + 1e-6)
    }
    for (const { shutdown } of plan.resources) {
      expect(shutdown.shareMs).toBeLessThanOrEqual(shutdown.ownMs)
      expect(shutdown.shareMs).toBeGreaterThanOrEqual(0)
    }
  })
})

test('D3 plan(): nobody starves: each has its reserve where the reserves fit, else its part of it', () => {
  always((plan, budget, _, nodes) => {
    const reserves = reservesOf(plan, nodes)
    const longest = Math.max(...pathsOf(plan, ({ name }) => reserves.get(name)!).values())
    const part = Math.min(1, budget / longest)
    for (const { name, shutdown } of plan.resources) {
      expect(shutdown.shareMs).toBeGreaterThanOrEqual(reserves.get(name)! * part * (1 - 1e-9) - 1e-6)
    }
  })
})

test('D3 plan(): where the reserves do not fit, those on the longest path of them share the budget in proportion', () => {
  always((plan, budget, _, nodes) => {
    const reserves = reservesOf(plan, nodes)
    const paths = pathsOf(plan, ({ name }) => reserves.get(name)!)
    const longest = Math.max(...paths.values())
    if (budget >= longest) return
    const held = new Set(plan.resources.flatMap(({ dependsOn }) => dependsOn.map(({ resource }) => resource)))
    for (const { name, shutdown } of plan.resources) {
      if (held.has(name) || paths.get(name) !== longest || reserves.get(name) === 0) continue
      expect(shutdown.shareMs / budget).toBeCloseTo(reserves.get(name)! / longest, 6)
    }
  })
})

test('D3 plan(): a drain is granted what the reserves below it and of its own stop leave, and is told who holds the rest', () => {
  always((plan, budget, _, nodes) => {
    const reserves = reservesOf(plan, nodes)
    const paths = pathsOf(plan, ({ name }) => reserves.get(name)!)
    for (const { name, shutdown } of plan.resources) {
      const { drain, timeouts } = nodes.get(name)!
      expect(shutdown.drain === undefined).toBe(drain === undefined)
      if (shutdown.drain === undefined) continue
      const { askedMs, grantedMs, heldBy } = shutdown.drain
      expect(askedMs).toBe(timeouts.drain)
      expect(grantedMs).toBeLessThanOrEqual(Math.min(askedMs, budget))
      const below = paths.get(name)! - reserves.get(name)!
      const left = budget - below - Math.min(500, timeouts.stop)
      if (paths.get(name)! <= budget) expect(grantedMs).toBeCloseTo(Math.min(askedMs, left), 3)
      else expect(grantedMs).toBeCloseTo((budget * Math.min(2_000, askedMs)) / paths.get(name)!, 3)
      if (grantedMs >= askedMs) expect(heldBy).toEqual([])
      else expect(heldBy.reduce((sum, holder) => sum + reserves.get(holder)!, 0)).toBeCloseTo(below, 3)
      for (const holder of heldBy) expect(reserves.get(holder)).toBeGreaterThan(0)
    }
  })
})

test('D3 plan(): a path is its own time and the longest below, and the worst case the longest of all, within the budget', () => {
  always((plan, budget) => {
    const paths = pathsOf(plan, ({ shutdown }) => shutdown.ownMs)
    for (const { name, shutdown } of plan.resources) expect(shutdown.pathMs).toBe(paths.get(name))
    expect(plan.worstCaseShutdownMs).toBeGreaterThanOrEqual(Math.min(budget, Math.max(...paths.values())))
  })
})

test('plan(): the critical path is a chain of dependencies, the longest by start timeouts', () => {
  always((plan) => {
    const starts = pathsOf(plan, ({ startTimeoutMs }) => startTimeoutMs)
    const byName = new Map(plan.resources.map((one) => [one.name, one]))
    const chain = plan.criticalPath.map((name) => byName.get(name)!)
    for (const [i, one] of chain.entries()) {
      if (i > 0) expect(one.dependsOn.map(({ resource }) => resource)).toContain(chain[i - 1]!.name)
    }
    expect(plan.startMs).toBe(Math.max(...starts.values()))
  })
})

test('plan(): the same graph gives the same plan', () => {
  always((plan, _, again) => expect(again()).toEqual(plan))
})
