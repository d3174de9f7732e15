import type { EdgeKind, Impact, Kernel } from '@keelson/kernel'
import { layersOf } from '../plan/layers.js'

export interface DrawnNode {
  readonly name: string
  /** 0 for what depends on nothing, else one more than the highest below it. */
  readonly layer: number
  readonly impact: Impact
  readonly shared: boolean
  /** Whether it is on the chain that decides how long the start takes. */
  readonly critical: boolean
  readonly labels: Readonly<Record<string, string>>
}

export interface DrawnEdge {
  /** Who depends. */
  readonly from: string
  /** On whom. */
  readonly to: string
  readonly kind: EdgeKind
}

/** What is drawn of a kernel, whatever the format. */
export interface DrawnGraph {
  readonly name: string
  readonly nodes: readonly DrawnNode[]
  readonly edges: readonly DrawnEdge[]
}

/** The graph of a kernel, which need not run. */
export function drawnGraph(kernel: Kernel): DrawnGraph {
  const plan = kernel.plan()
  const critical = new Set(plan.criticalPath)
  const layers = new Map(layersOf(plan).flatMap((names, layer) => names.map((name) => [name, layer] as const)))
  const labels = new Map(kernel.inspect().resources.map((resource) => [resource.name, resource.labels]))
  return {
    name: kernel.name,
    nodes: plan.resources.map(({ name, impact, shared }) => ({
      name,
      layer: layers.get(name)!,
      impact,
      shared,
      critical: critical.has(name),
      labels: labels.get(name) ?? {},
    })),
    edges: plan.resources.flatMap(({ name, dependsOn }) =>
      dependsOn.map(({ resource, kind }) => ({ from: name, to: resource, kind })),
    ),
  }
}
