import type { LinkView } from '../link/process-link.js'
import { kernelMood } from '../model/mood.js'
import { ago, duration } from '../model/words.js'
import type { Desk } from '../parts/desk.js'
import { Glyph } from '../parts/glyph.js'
import { Pill } from '../parts/pill.js'
import { nextTheme, type Theme } from '../parts/theme.js'

interface Props {
  readonly desk: Desk
  readonly link: LinkView
  readonly localNow: number
  readonly theme: Theme
  onTheme(theme: Theme): void
}

/** Whose page this is, how it is, whether what is shown is still true, and what can be done to the whole. */
export function Header({ desk, link, localNow, theme, onTheme }: Props) {
  const { kernel, process } = desk.page
  return (
    <header class="top">
      <h1>{kernel.name}</h1>
      <Pill mood={kernelMood(kernel)} large />
      <span class="meta">
        pid {process.pid} on {process.host}, up {duration(Math.max(0, desk.now - process.startedAt))}
      </span>
      <span class="spacer" />
      <LinkState link={link} localNow={localNow} />
      {desk.canAct && <KernelActions desk={desk} />}
      <button
        type="button"
        class="quiet"
        aria-label={`Theme: ${theme}. Change`}
        title={`Theme: ${theme}`}
        onClick={() => onTheme(nextTheme(theme))}
      >
        <svg class="theme-icon" viewBox="0 0 16 16" aria-hidden="true">
          <path d={THEME_ICONS[theme]} />
        </svg>
      </button>
    </header>
  )
}

const THEME_ICONS: Readonly<Record<Theme, string>> = {
  system: 'M8 2.5a5.5 5.5 0 1 1 0 11zM8 2.5a5.5 5.5 0 1 0 0 11',
  light:
    'M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3.1 3.1l1.1 1.1M11.8 11.8l1.1 1.1M12.9 3.1l-1.1 1.1M4.2 11.8l-1.1 1.1',
  dark: 'M13.5 9.6A6 6 0 1 1 6.4 2.5a4.8 4.8 0 0 0 7.1 7.1z',
}

function LinkState({ link: { status, heardAt }, localNow }: { link: LinkView; localNow: number }) {
  if (status === 'live') {
    return (
      <span class="link-state tone-ok">
        <Glyph tone="ok" />
        live
      </span>
    )
  }
  return (
    <span class={`link-state tone-${status === 'ended' ? 'idle' : 'warn'}`}>
      <Glyph tone={status === 'ended' ? 'idle' : 'warn'} />
      {status === 'ended' ? 'ended' : 'stale'}, last heard {ago(localNow - heardAt)}
    </span>
  )
}

function KernelActions({ desk }: { desk: Desk }) {
  const { kernel, plan } = desk.page
  const isUp = kernel.state === 'running'
  return (
    <div class="actions" role="group" aria-label="Actions on the kernel">
      {isUp && kernel.cordoned !== undefined && (
        <button type="button" onClick={() => desk.act({ action: 'uncordon' })}>
          Uncordon
        </button>
      )}
      {isUp && kernel.cordoned === undefined && (
        <button
          type="button"
          onClick={() =>
            desk.confirm({
              title: `Take ${kernel.name} out of rotation?`,
              text: 'It goes on running and says that it is not ready, until it is uncordoned.',
              confirm: 'Cordon',
              input: 'Reason',
              onConfirm: (reason) => desk.act({ action: 'cordon', reason }),
            })
          }
        >
          Cordon…
        </button>
      )}
      {(isUp || kernel.state === 'starting' || kernel.state === 'failed') && (
        <button
          type="button"
          class="grave"
          onClick={() =>
            desk.confirm({
              title: `Shut ${kernel.name} down?`,
              text: `Work in flight is finished within the budget: at the worst, that takes ${duration(plan.budget.worstCaseMs)}. The process ends, and does not come back by itself.`,
              confirm: 'Shut down',
              grave: true,
              input: `Type ${kernel.name} to confirm`,
              expected: kernel.name,
              onConfirm: (confirm) => desk.act({ action: 'shutdown', confirm }),
            })
          }
        >
          Shut down…
        </button>
      )}
    </div>
  )
}
