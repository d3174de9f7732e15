import type { Drawing } from './drawing.js'
import { Heads } from './legend.js'

interface Props {
  readonly drawing: Drawing
  /** What is looked at; its edges stand out, and the others step back. */
  readonly lit: ReadonlySet<string> | undefined
  /** Looked at itself: its own edges stand out most. */
  readonly focus: string | undefined
}

export function Edges({ drawing, lit, focus }: Props) {
  return (
    <svg class={`edges${lit === undefined ? '' : ' dimmed'}`} width={drawing.width} height={drawing.height} aria-hidden="true">
      <Heads />
      {drawing.edges.map(({ tie, path }) => {
        const isLit = lit?.has(tie.from) && lit.has(tie.to)
        const isOwn = focus !== undefined && (tie.from === focus || tie.to === focus)
        return (
          <path
            key={`${tie.from}\n${tie.to}`}
            class={`edge kind-${tie.kind}${isLit ? ' lit' : ''}${isOwn ? ' own' : ''}`}
            d={path}
            marker-end={`url(#head-${tie.kind})`}
          />
        )
      })}
    </svg>
  )
}
