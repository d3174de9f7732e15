import type { Rect } from './layout.js'

/** The frame around an open group; its title closes it. */
export function GroupFrame({ group, rect, onClose }: { group: string; rect: Rect; onClose: () => void }) {
  return (
    <div class="frame" style={{ left: `${rect.x}px`, top: `${rect.y}px`, width: `${rect.width}px`, height: `${rect.height}px` }}>
      <button type="button" tabIndex={-1} aria-expanded="true" aria-label={`Close group ${group}`} onClick={onClose}>
        <span aria-hidden="true">−</span> {group}
      </button>
    </div>
  )
}
