import type { PlannedDependency } from '@keelson/kernel'
import type { Links } from '../model/links.js'
import type { Desk } from '../parts/desk.js'
import { ResourceLink } from '../parts/resource-link.js'

/** What a resource depends on, and what depends on it. */
export function Edges({ desk, links, name }: { desk: Desk; links: Links; name: string }) {
  return (
    <>
      <EdgeList desk={desk} title="Depends on" edges={links.needs.get(name) ?? []} />
      <EdgeList desk={desk} title="Dependents" edges={links.neededBy.get(name) ?? []} />
    </>
  )
}

function EdgeList({ desk, title, edges }: { desk: Desk; title: string; edges: readonly PlannedDependency[] }) {
  if (edges.length === 0) return null
  return (
    <section>
      <h3>{title}</h3>
      <ul class="links">
        {edges.map(({ resource, kind }) => (
          <li key={resource}>
            <ResourceLink desk={desk} name={resource} {...(kind !== 'required' && { note: kind })} />
          </li>
        ))}
      </ul>
    </section>
  )
}
