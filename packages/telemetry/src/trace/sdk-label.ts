import type { Graph } from './graph.js'

/** The label by which a trace knows the resource that exports it. */
export const SDK_LABEL = 'keelson.telemetry'

/** Whether it takes away what exports the spans. */
export function isLastToStop(graph: Graph, resource: string): boolean {
  return graph.label(resource, SDK_LABEL) === 'sdk'
}
