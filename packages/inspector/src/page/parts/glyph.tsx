import type { Tone } from '@keelson/kernel'

/** The shapes that go with the tones, so that colour is never alone: a tick, a turning arc, a triangle, a cross, a ring. */
const SHAPES: Readonly<Record<Tone, string>> = {
  ok: 'M4 8.4 6.8 11.2 12 5.4',
  busy: 'M12.6 8a4.6 4.6 0 1 1-1.6-3.5M11.4 2.2v2.6H8.8',
  warn: 'M8 2.6 14 13H2zM8 6.6v2.8M8 11.2v.2',
  bad: 'M4.4 4.4l7.2 7.2M11.6 4.4 4.4 11.6',
  idle: 'M8 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8z',
}

export function Glyph({ tone }: { tone: Tone }) {
  return (
    <svg class={`glyph tone-${tone}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[tone]} />
    </svg>
  )
}
