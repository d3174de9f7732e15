import { Glyph } from './glyph.js'

export interface Toast {
  readonly id: number
  readonly ok: boolean
  readonly text: string
}

/** What came of actions. Those that failed stay until they are closed. */
export function Toasts({ toasts, onClose }: { toasts: readonly Toast[]; onClose: (id: number) => void }) {
  return (
    <div class="toasts" role="status" aria-label="Results of actions">
      {toasts.map(({ id, ok, text }) => (
        <div key={id} class={`toast tone-${ok ? 'ok' : 'bad'}`}>
          <Glyph tone={ok ? 'ok' : 'bad'} />
          <span>{text}</span>
          <button type="button" class="quiet" aria-label="Close this message" onClick={() => onClose(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  )
}
