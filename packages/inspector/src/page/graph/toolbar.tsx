import type { Grouping } from './grouping.js'

interface Props {
  readonly grouping: Grouping
  readonly groupings: readonly Grouping[]
  readonly groups: readonly string[]
  readonly isClosed: (group: string) => boolean
  onGrouping(grouping: Grouping): void
  onCloseAll(closed: boolean): void
  onZoom(factor: number): void
  onFit(): void
}

/** How the graph is grouped and seen. */
export function GraphToolbar({ grouping, groupings, groups, isClosed, onGrouping, onCloseAll, onZoom, onFit }: Props) {
  const allClosed = groups.length > 0 && groups.every(isClosed)
  return (
    <div class="graph-tools">
      {groupings.length > 1 && (
        <label class="choice">
          <span>Group</span>
          <select value={grouping} onChange={(event) => onGrouping(event.currentTarget.value as Grouping)}>
            {groupings.map((each) => (
              <option key={each} value={each}>
                {WORDS[each] ?? each.replace('label:', 'by ')}
              </option>
            ))}
          </select>
        </label>
      )}
      {groups.length > 0 && (
        <button type="button" onClick={() => onCloseAll(!allClosed)}>
          {allClosed ? 'Open all' : 'Close all'}
        </button>
      )}
      <div class="zoom" role="group" aria-label="Zoom">
        <button type="button" aria-label="Zoom out" onClick={() => onZoom(1 / 1.3)}>
          −
        </button>
        <button type="button" aria-label="Zoom in" onClick={() => onZoom(1.3)}>
          +
        </button>
        <button type="button" aria-label="Fit the graph into view" onClick={onFit}>
          Fit
        </button>
      </div>
    </div>
  )
}

const WORDS: Partial<Record<Grouping, string>> = { none: 'nothing', subgraph: 'by subgraph' }
