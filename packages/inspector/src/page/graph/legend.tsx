import type { EdgeKind } from '@keelson/kernel'

const KINDS: readonly (readonly [EdgeKind, string])[] = [
  ['required', 'must have it'],
  ['optional', 'can do without'],
  ['ref', 'follows it through restarts'],
  ['after', 'only starts later'],
]

/** What the lines of the graph mean. */
export function Legend() {
  return (
    <ul class="legend" aria-label="Kinds of edges">
      {KINDS.map(([kind, meaning]) => (
        <li key={kind} title={meaning}>
          <svg viewBox="0 0 30 10" aria-hidden="true">
            <path class={`edge kind-${kind}`} d="M1 5H28" marker-end={`url(#head-${kind})`} />
          </svg>
          <b>{kind}</b>
        </li>
      ))}
    </ul>
  )
}

/** The heads of the edges; they are referred to by id. */
export function Heads() {
  return (
    <defs>
      {KINDS.map(([kind]) => (
        <marker
          key={kind}
          id={`head-${kind}`}
          class={`head kind-${kind}`}
          viewBox="0 0 10 10"
          refX="9"
          refY="5"
          markerWidth="7"
          markerHeight="7"
          orient="auto"
        >
          {kind === 'ref' ? <circle cx="5" cy="5" r="3.4" /> : <path d={kind === 'after' ? 'M1 1 9 5 1 9' : 'M1 1 9 5 1 9z'} />}
        </marker>
      ))}
    </defs>
  )
}
