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
const shutdown = fc.record({ delay: fc.nat(2_000), timeout: fc.oneof(fc.nat(30_000), fc.constant(Infinity)) })

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

function always(claim: (plan: Plan, budget: number, again: () => Plan) => void): void {
  const property = fc.property(fc.array(node, { minLength: 1, maxLength: 20 }), shutdown, (nodes, shutdown) => {
    const budget = Math.max(0, shutdown.timeout - shutdown.delay)
    claim(planned(nodes, shutdown), budget, () => planned(nodes, shutdown))
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
      if (budget > 0 && shutdown.ownMs > 0) expect(shutdown.shareMs).toBeGreaterThan(0)
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
