import type { PlannedResource } from '@keelson/kernel'
import type { Rule, Subject } from './rule.js'

/** An impact promises what a required edge takes back. */
export const degradableDependency: Rule = {
  id: 'degradable-dependency',
  severity: 'warning',
  summary: "a resource with impact 'unready' requires one that the kernel is to start without (impact 'degraded' or 'none')",
  *find(subject: Subject) {
    for (const [dependent, dependency] of requiredEdges(subject)) {
      if (dependency.shared) continue
      yield {
        resource: dependent.name,
        message: `it requires ${dependency.name}, whose impact is '${dependency.impact}', but its own is 'unready': when ${dependency.name} is not there at the start, the start fails all the same`,
        cure: `take it as ref(${dependency.name}) or optional(${dependency.name}), or give "${dependent.name}" impact '${dependency.impact}', or ${dependency.name} impact 'unready'`,
      }
    }
  },
}

/** `shared` is meant for the time when it runs; a start is tried only once where nobody waits for it. */
export const sharedDependency: Rule = {
  id: 'shared-dependency',
  severity: 'warning',
  summary: "a resource with impact 'unready' requires a shared one whose outage is not to end a replica",
  *find(subject: Subject) {
    for (const [dependent, dependency] of requiredEdges(subject)) {
      if (!dependency.shared) continue
      yield {
        resource: dependent.name,
        message: `it requires ${dependency.name}, which is shared with impact '${dependency.impact}': a replica that comes up during an outage of it fails at its first try, for nobody waits for what the kernel is to start without`,
        cure: `take it as ref(${dependency.name}) or optional(${dependency.name}, { late: 'restart' }), or give ${dependency.name} impact 'unready', so that the start waits for it`,
      }
    }
  },
}

function* requiredEdges({ resources }: Subject): Generator<[PlannedResource, PlannedResource]> {
  for (const dependent of resources.values()) {
    if (dependent.impact !== 'unready') continue
    for (const { resource, kind } of dependent.dependsOn) {
      const dependency = resources.get(resource)!
      if (kind === 'required' && dependency.impact !== 'unready') yield [dependent, dependency]
    }
  }
}
